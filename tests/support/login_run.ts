import assert from "node:assert/strict";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { EXECUTABLE } from "./needs.ts";
import type { Box, Run } from "./program.ts";
import { type Pty, startPty } from "./pty.ts";
import type { LoginScene } from "./vendors/login_scene.ts";

/** What `providers list --json` tells of a login. */
export interface ListedLogin {
  readonly id: string;
  readonly status: string;
  readonly endpoint: string;
  readonly region: string | null;
  readonly expiresAt?: string;
  readonly account?: string;
  readonly plan?: string;
}

/** Runs a login, and calls `confirm` with the code as soon as it is shown and waited for. */
export async function logInByCode(
  box: Box,
  args: readonly string[],
  confirm: (code: string) => void,
  wrapper: readonly string[] = [],
): Promise<Run> {
  await using login = box.spawn(["login", ...args], { wrapper });
  const [, code] = await login.shown(/the code (\S+)\n[^]*waiting for/);
  confirm(code!);
  return await login.ended;
}

/** Runs a login that should end before it waits for anybody; one that waits is stopped. */
export async function logInInVain(box: Box, args: readonly string[]): Promise<Run> {
  await using login = box.spawn(["login", ...args]);
  login.shown(/waiting for/).then(() => login.kill("SIGKILL"), () => {});
  return await login.ended;
}

/** Fails unless a run ended so, said this, and told nothing that only the vendors' servers know. */
export function assertRun({ box: _, ...scene }: LoginScene, run: Run, code: number, says: RegExp): void {
  assert.equal(run.code, code, run.stderr);
  assert.match(run.stderr, says);
  assert.equal(run.stdout, "");
  assertTellsNothing(scene, run.stderr);
}

/** Fails when a text holds a secret, or the words of an answer. */
export function assertTellsNothing(
  { codex, minimax, zhipu }: Pick<LoginScene, "codex" | "minimax" | "zhipu">,
  text: string,
): void {
  const secrets = [...codex.secrets(["user-code"]), ...minimax.secrets(["user-code"]), ...zhipu.secrets()];
  for (const secret of secrets) assert.ok(!text.includes(secret), `a secret is told: ${text}`);
  assert.doesNotMatch(text, /upstream-words|at .*\.ts:/);
}

/** The credentials that are stored. */
export async function listLogins(box: Box): Promise<ListedLogin[]> {
  const { code, stdout, stderr } = await box.run(["providers", "list", "--json"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** The names of everything that is stored, which needs no program to read. */
export async function storedNames(box: Box): Promise<string[]> {
  try {
    return Object.keys(JSON.parse(await Deno.readTextFile(join(box.home, "vault.json"))).entries);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What was asked, such as `GET api.z.ai/v1/models`. */
export function callsIn({ providers }: LoginScene): string[] {
  return providers.received.map(({ method, host, target }) => `${method} ${host}${target}`);
}

/** Runs a command on a terminal of so many columns, then shows `code=` and `the-end`. */
export function startOnTerminal(
  { box, providers }: LoginScene,
  args: readonly string[],
  { columns = 120, wrapper = [] }: { readonly columns?: number; readonly wrapper?: readonly string[] } = {},
): Pty {
  const command = [...wrapper, EXECUTABLE, ...args].map(quoted).join(" ");
  // The shell itself outlives Ctrl-C.
  const inside = `trap : INT; mount --bind ${providers.hostsFile} /etc/hosts; stty cols ${columns}; ` +
    `${command}; echo code=$?; stty -a; echo the-end`;
  return startPty(`unshare -m sh -c ${quoted(inside)}`, {
    HOME: join(box.folder, "home"),
    TMPDIR: box.folder,
    DENO_CERT: providers.authority,
  });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** What can be read on a terminal in the end: a line that was cleared holds only what came after that. */
export function readableOn(screen: string): string {
  const lines = screen.split("\r\n").map((line) => line.split("\x1b[2K").at(-1)!);
  return lines.map(stripVTControlCharacters).join("\n");
}
