import type { Node } from "jsonc-parser";
import { type Config, members } from "./config.ts";

/** A key in the clear where old versions kept it: `providers.<id>.apiKey`, or `providers.<id>` itself. */
export interface Plaintext {
  /** As it stands in the file: it may be anything, also a key. */
  readonly id: string;
  /** `undefined` when there is a value that is no text. */
  readonly key: string | undefined;
  /** The member that holds it. */
  readonly property: Node;
}

/** Finds the plaintext keys, also in repeated members, which most parsers hide. */
export function findPlaintext({ root }: Config): Plaintext[] {
  const entries = members(root, "providers").flatMap(({ value }) => members(value));
  return entries.flatMap(({ key: id, property, value }) => {
    if (isNothing(value)) return [];
    if (value.type !== "object") return [{ id, key: textOf(value), property }];
    return members(value, "apiKey").filter((field) => !isNothing(field.value)).map((field) => ({
      id,
      key: textOf(field.value),
      property: field.property,
    }));
  });
}

function textOf(node: Node): string | undefined {
  return node.type === "string" ? node.value : undefined;
}

/** How a key that was never set is written. */
function isNothing(node: Node): boolean {
  return node.type === "null" || node.value === "" || node.value === false;
}
