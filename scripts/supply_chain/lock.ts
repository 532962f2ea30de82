import { fileURLToPath } from "node:url";

/** A package as it is locked. */
export interface Locked {
  readonly name: string;
  readonly version: string;
  /** Of its archive, such as `sha512-…` in base64. */
  readonly integrity: string;
}

/** All packages in `deno.lock`, those for tests too. What a package is resolved with is not part of its version. */
export async function lockedPackages(): Promise<Locked[]> {
  const file = fileURLToPath(new URL("../../deno.lock", import.meta.url));
  const { npm } = JSON.parse(await Deno.readTextFile(file)) as { npm: Record<string, { integrity: string }> };
  return Object.entries(npm).map(([id, { integrity }]) => {
    const [, name, version] = /^(.+?)@([^_@]+)/.exec(id)!;
    return { name: name!, version: version!, integrity };
  });
}
