/** A system that the program is built for. */
export interface Target {
  /** As `deno compile --target` names it. */
  readonly triple: string;
  /** As `Deno.build` names them. */
  readonly os: "linux" | "darwin";
  readonly arch: "x86_64" | "aarch64";
}

/** Every system that the program is built for. */
export const TARGETS: readonly Target[] = [
  { triple: "x86_64-unknown-linux-gnu", os: "linux", arch: "x86_64" },
  { triple: "aarch64-unknown-linux-gnu", os: "linux", arch: "aarch64" },
  { triple: "x86_64-apple-darwin", os: "darwin", arch: "x86_64" },
  { triple: "aarch64-apple-darwin", os: "darwin", arch: "aarch64" },
];

/** The one that this machine is. @throws {Error} when it is none of them */
export function hostTarget(): Target {
  const { os, arch } = Deno.build;
  const host = TARGETS.find((target) => target.os === os && target.arch === arch);
  if (host === undefined) throw new Error(`the program is not built for ${os} on ${arch}`);
  return host;
}

/** The one with this name. @throws {Error} that lists them */
export function targetNamed(triple: string): Target {
  const target = TARGETS.find((one) => one.triple === triple);
  if (target !== undefined) return target;
  const known = TARGETS.map((one) => one.triple).join(", ");
  throw new Error(`"${triple}" is no target; they are ${known}`);
}
