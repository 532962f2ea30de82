import type { Bytes } from "./bytes.ts";
import type { Option } from "./getopt.ts";

/** What an item is found by. */
export interface Attributes {
  account?: Bytes;
  service?: Bytes;
  label?: Bytes;
  kind?: Bytes;
  comment?: Bytes;
}

const BY_OPTION: Readonly<Record<string, keyof Attributes>> = {
  a: "account",
  s: "service",
  l: "label",
  D: "kind",
  j: "comment",
};

/** The options of all commands that set or match attributes, for getopt(). */
export const ATTRIBUTE_OPTIONS = "a:s:l:D:j:";

export function attributesIn(options: readonly Option[]): Attributes {
  const attributes: Attributes = {};
  for (const { letter, value } of options) {
    const name = BY_OPTION[letter];
    if (name !== undefined) attributes[name] = value;
  }
  return attributes;
}

/** With account and service, which no two items share, nothing else counts. */
export function isMatch(attributes: Attributes, wanted: Attributes): boolean {
  const { account, service } = wanted;
  const counts = account !== undefined && service !== undefined ? { account, service } : wanted;
  return Object.entries(counts).every(([name, value]) => attributes[name as keyof Attributes] === value);
}
