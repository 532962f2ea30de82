import assert from "node:assert/strict";
import { dirname } from "node:path";
import { EXECUTABLE } from "./needs.ts";
import type { RunOptions } from "./program.ts";
import { as } from "./sandbox.ts";

/** A file or folder of the host in a container. */
export interface Mount {
  readonly src: string;
  readonly dst: string;
  readonly readonly: boolean;
}

/** How a container is run. */
export interface Container {
  readonly user: number;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
}

/** What Debian's image has, and what every container gets; nothing else, so neither a machine id nor a home. */
const IMAGE = [
  ...["/usr", "/etc/passwd", "/etc/nsswitch.conf"],
  ...["/etc/resolv.conf", "/etc/hosts"],
].flatMap((path) => [...places(path), "--ro-bind", path, path]).concat(
  ...["bin", "lib", "lib64"].map((name) => ["--symlink", `usr/${name}`, `/${name}`]),
);

/** Runs the executable as a container runtime does: as some user, in a file system that can't be written to. */
export function contained({ user, env, mounts }: Container, authority: string): RunOptions {
  const program = "/agentgazer";
  const bind = ({ src, dst, readonly }: Mount) => [
    ...places(dst),
    ...[readonly ? "--ro-bind" : "--bind", src, dst],
  ];
  const variables = Object.entries({ ...env, DENO_CERT: "/ca.pem" }).flatMap((one) => ["--setenv", ...one]);
  return {
    program,
    wrapper: [
      ...["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"],
      ...["--clearenv", ...variables, ...IMAGE, "--proc", "/proc", "--dev", "/dev"],
      ...mounts.flatMap(bind),
      ...["--ro-bind", EXECUTABLE, program, "--ro-bind", authority, "/ca.pem", "--remount-ro", "/"],
      ...as(user),
    ],
  };
}

/**
 * What a `docker run` asks for.
 *
 * @throws {AssertionError} for what is not known here, and unless the file system is read-only
 */
export function parseDockerRun(words: readonly string[]): Container {
  const [run, ...rest] = words;
  assert.equal(run, "run");
  const flags: string[] = [];
  const options: [name: string, value: string][] = [];
  while (rest[0]!.startsWith("-")) {
    const option = rest.shift()!;
    if (["--rm", "-i", "--read-only"].includes(option)) flags.push(option);
    else options.push([option, rest.shift()!]);
  }
  assert.ok(flags.includes("--read-only"));
  const valuesOf = (name: string) => options.filter(([option]) => option === name).map(([, value]) => value);
  const known = ["--network", "--cap-drop", "--security-opt", "--user", "--mount", "--env"];
  assert.deepEqual(options.filter(([option]) => !known.includes(option)), []);
  return {
    user: Number.parseInt(valuesOf("--user")[0]!),
    env: Object.fromEntries(valuesOf("--env").map((pair) => pair.split("="))),
    mounts: valuesOf("--mount").map(parseMount),
  };
}

function parseMount(text: string): Mount {
  const fields = text.split(",");
  const { type, src, dst } = Object.fromEntries(fields.map((field) => field.split("=")));
  assert.ok(type === "bind" && src && dst, text);
  return { src, dst, readonly: fields.includes("readonly") };
}

/** Makes the folders that lead to a path, which all may enter. */
function places(path: string): string[] {
  const above = dirname(path);
  return above === "/" ? [] : [...places(above), "--perms", "0755", "--dir", above];
}
