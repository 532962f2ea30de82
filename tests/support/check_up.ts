import assert from "node:assert/strict";
import type { CommandLine, CommandOptions } from "./command_line.ts";
import { START_TIME } from "./fake_system.ts";

/** One finding of `doctor --json`. */
export interface Finding {
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly message: string;
  readonly fix?: string;
}

/** What `doctor --json` said. */
export interface CheckUp {
  readonly code: number;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** All but the good news. */
  readonly troubles: readonly Finding[];
  /** Of the error that it ended with. */
  readonly error:
    | { readonly code: string; readonly message: string; readonly hint: string | null }
    | undefined;
  readonly text: string;
}

/** A provider that answers at this time, to the second. */
export function telling(time: number): () => Promise<Response> {
  return () =>
    Promise.resolve(new Response("no", { status: 404, headers: { date: new Date(time).toUTCString() } }));
}

/** Runs `doctor --json` where nothing is wrong but what the options say, and checks its shape. */
export async function checkUp(line: CommandLine, options: CommandOptions = {}): Promise<CheckUp> {
  const { code, out, err } = await line.run(["doctor", "--json"], {
    upstream: telling(START_TIME),
    ...options,
  });
  const report = JSON.parse(out);
  assert.deepEqual(Object.keys(report), ["ok", "findings"]);
  const findings: Finding[] = report.findings;
  for (const { check, level, message, fix, ...others } of findings) {
    assert.deepEqual(others, {});
    assert.match(check, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(["ok", "warning", "error"].includes(level), level);
    assert.ok(message !== "" && !/[\n\r]/.test(message), message);
    // An entry whose name may be anything can't be named in a command.
    const canBeMended = level !== "ok" && !message.endsWith("its name is damaged");
    assert.equal(typeof fix, canBeMended ? "string" : "undefined", message);
  }
  const hasErrors = findings.some(({ level }) => level === "error");
  assert.equal(report.ok, !hasErrors);
  assert.equal(code === 0, report.ok);
  if (!hasErrors) assert.equal(err, "");
  const error = hasErrors ? JSON.parse(err).error : undefined;
  const troubles = findings.filter(({ level }) => level !== "ok");
  return { code, ok: report.ok, findings, troubles, error, text: out + err };
}

/** Checks that there is exactly one trouble, and which. */
export function assertOnly(
  { troubles }: CheckUp,
  check: string,
  level: "warning" | "error",
  message: RegExp,
  fix: string | RegExp,
): void {
  assert.equal(troubles.length, 1, JSON.stringify(troubles, null, 2));
  const [only] = troubles;
  assert.deepEqual([only!.check, only!.level], [check, level]);
  assert.match(only!.message, message);
  if (typeof fix === "string") assert.equal(only!.fix, fix);
  else assert.match(only!.fix!, fix);
}

/** What is in a folder: names, modes, times of change and contents. */
export function snapshot(path: string): unknown {
  const info = Deno.lstatSync(path);
  const { mode, uid } = info;
  const stamp = [mode, uid, info.mtime?.getTime(), info.ctime?.getTime(), info.ino];
  if (info.isSymlink) return [...stamp, Deno.readLinkSync(path)];
  if (!info.isDirectory) return [...stamp, Deno.readFileSync(path).toBase64()];
  const names = Deno.readDirSync(path).map(({ name }) => name).toArray().sort();
  return [...stamp, Object.fromEntries(names.map((name) => [name, snapshot(`${path}/${name}`)]))];
}
