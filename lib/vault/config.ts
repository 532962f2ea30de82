import { modify, type Node, type ParseError, parseTree } from "jsonc-parser";
import { AppError } from "../errors.ts";
import { ensureFolder, readGuarded, replaceDurably, stampOf } from "./file.ts";
import { quote } from "./guard.ts";
import type { Home } from "./home.ts";
import { withLock } from "./lock.ts";

export type { Node };

/** `config.json` as it stands: its text, and its syntax tree with the place of every value. */
export interface Config {
  readonly text: string;
  readonly root: Node;
}

const EMPTY = "{}\n";

/**
 * Reads `config.json`; none is an empty one. It may be a link, and others may read it.
 *
 * @throws {AppError} `usage` when it is no JSON object, `refused` when others may write to it
 */
export function readConfig({ config: path }: Pick<Home, "config">): Config {
  return decode(readGuarded(path, "named"), path);
}

/**
 * Changes `config.json`, or makes it: takes the lock, reads it, and replaces it as a whole unless `edit` gives the
 * text unchanged. What `edit` does not touch stays as it is, to the byte.
 *
 * @throws {AppError} as {@linkcode readConfig} does, `refused` for a link, `vault_unavailable`
 */
export async function editConfig(home: Home, edit: (config: Config) => string): Promise<void> {
  ensureFolder(home.folder);
  await withLock(home.lock, () => {
    for (;;) {
      const stamp = stampOf(home.config);
      const config = decode(readGuarded(home.config, "settings"), home.config);
      const text = edit(config);
      // Editors and other programs take no lock: what they write meanwhile must not be lost.
      const isSame = () => stampOf(home.config) === stamp;
      if (text === config.text || replaceDurably(home.config, new TextEncoder().encode(text), isSame)) break;
    }
    return Promise.resolve();
  });
}

/** The members of an object with this name, usually one; none if it is no object. */
export function members(
  node: Node | undefined,
  name?: string,
): { key: string; property: Node; value: Node }[] {
  if (node?.type !== "object") return [];
  const all = (node.children ?? []).map((property) => ({
    key: String(property.children![0]!.value),
    property,
    value: property.children![1]!,
  }));
  return name === undefined ? all : all.filter(({ key }) => key === name);
}

/** The text without this member, whose node comes from it. */
export function withoutMember({ text }: Config, property: Node): string {
  const siblings = property.parent!.children!;
  const at = siblings.indexOf(property);
  const [previous, next] = [siblings[at - 1], siblings[at + 1]];
  const end = property.offset + property.length;
  if (next !== undefined) return text.slice(0, property.offset) + text.slice(next.offset);
  const start = previous === undefined ? property.offset : previous.offset + previous.length;
  return text.slice(0, start) + text.slice(end);
}

/** The text with this value at this path of names. */
export function withValue({ text }: Config, path: readonly string[], value: unknown): string {
  const edits = modify(text, [...path], value, {});
  return edits.reduceRight(
    (edited, { offset, length, content }) =>
      edited.slice(0, offset) + content + edited.slice(offset + length),
    text,
  );
}

/** Parses the text of `config.json`. @throws {AppError} `usage` */
export function parseConfig(text: string, path: string): Config {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const [wrong] = errors;
  if (wrong !== undefined) {
    const line = text.slice(0, wrong.offset).split("\n").length;
    throw badConfig("read", path, `it is not valid JSON (line ${line})`);
  }
  if (root?.type !== "object") throw badConfig("read", path, "it is not a JSON object");
  return { text, root };
}

function decode(bytes: Uint8Array | undefined, path: string): Config {
  if (bytes === undefined) return parseConfig(EMPTY, path);
  try {
    return parseConfig(new TextDecoder("utf-8", { fatal: true }).decode(bytes), path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw badConfig("read", path, "it is not valid JSON"); // It is not UTF-8, or is nested too deeply.
  }
}

/** The error for a `config.json` that only a person can correct. */
export function badConfig(verb: "read" | "change", path: string, state: string): AppError {
  return new AppError(
    "usage",
    `Cannot ${verb} ${path}: ${state}`,
    `correct it in an editor, or move it away: mv ${quote(path)} ${quote(path + ".bad")}`,
  );
}
