import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";

/** A value: a scalar as it is written, a list, or members in their order, repeated ones too. */
export type Tree = string | readonly Tree[] | { readonly members: readonly Member[] };
export type Member = readonly [name: string, value: Tree];

/** A key in the clear. */
export interface Gone {
  readonly id: string;
  readonly key: string;
}

/** The members of the object that a text is. */
export function membersOf(text: string): Member[] {
  const tree = treeOf(parseTree(text)!);
  return typeof tree === "object" && "members" in tree ? [...tree.members] : [];
}

function treeOf({ type, value, children = [] }: Node): Tree {
  if (type === "array") return children.map(treeOf);
  if (type !== "object") return JSON.stringify(value);
  return {
    members: children.map(({ children: pair }): Member => [String(pair![0]!.value), treeOf(pair![1]!)]),
  };
}

/** The members with the region of a provider set, where the first of repeated members is edited. */
export function withRegion(members: readonly Member[], provider: string, region: string): Member[] {
  return changed(members, "providers", (all) =>
    changed(inside(all), provider, (entry) => {
      const fields = typeof entry === "string" ? [["apiKey", entry] as const] : inside(entry);
      return changed(fields, "region", () => JSON.stringify(region));
    }));
}

function inside(tree: Tree | undefined): readonly Member[] {
  return typeof tree === "object" && "members" in tree ? tree.members : [];
}

function changed(
  members: readonly Member[],
  name: string,
  change: (value: Tree | undefined) => Tree | Member[],
): Member[] {
  const value = (before: Tree | undefined): Tree => {
    const after = change(before);
    return Array.isArray(after) ? { members: after as Member[] } : after as Tree;
  };
  const at = members.findIndex(([known]) => known === name);
  if (at < 0) return [...members, [name, value(undefined)]];
  return members.map((member, i) => i === at ? [name, value(member[1])] : member);
}

/**
 * The plaintext keys that are there before and not after. Throws when anything else differs.
 */
export function strayMembers(before: readonly Member[], after: readonly Member[]): Gone[] {
  const gone: Gone[] = [];
  const same = (one: readonly Member[], other: readonly Member[], path: readonly string[]): void => {
    let at = 0;
    for (const [name, value] of one) {
      const [otherName, otherValue] = other[at] ?? [];
      const isThere = name === otherName && otherValue !== undefined;
      if (isThere && JSON.stringify(value) === JSON.stringify(otherValue)) at++;
      else if (
        isThere && path.length < 2 && isObject(value) && isObject(otherValue) &&
        (path.length === 0 ? name === "providers" : true)
      ) {
        same(inside(value), inside(otherValue), [...path, name]);
        at++;
      } else gone.push(plaintextAt([...path, name], value));
    }
    if (at < other.length) throw new Error("config.json has a member that was not there");
  };
  same(before, after, []);
  return gone;
}

function isObject(tree: Tree): boolean {
  return typeof tree === "object" && "members" in tree;
}

function plaintextAt(path: readonly string[], value: Tree): Gone {
  const isKey = path[0] === "providers" && (path.length === 2 || path.length === 3 && path[2] === "apiKey");
  if (!isKey || typeof value !== "string") throw new Error("something else is gone from config.json");
  return { id: path[1]!, key: String(JSON.parse(value)) };
}

/** Where the region of a provider stands, or the text in place of its settings. */
export function spanOf(text: string, provider: string): readonly [from: number, to: number] {
  const entry = findNodeAtLocation(parseTree(text)!, ["providers", provider]);
  const node = entry?.type === "object" ? findNodeAtLocation(entry, ["region"]) : entry;
  return node === undefined ? [0, 0] : [node.offset, node.offset + node.length];
}
