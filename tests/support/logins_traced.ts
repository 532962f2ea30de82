import assert from "node:assert/strict";
import { beginLogin, visit } from "./browser_login.ts";
import { fakeOpeners } from "./fake_openers.ts";
import { logInByCode } from "./login_run.ts";
import type { TracedRuns } from "./traced_runs.ts";
import type { Fault } from "./vendors/faults.ts";
import type { LoginScene } from "./vendors/login_scene.ts";

/** All that the vendors have issued or seen. */
export const secretsOf = ({ codex, minimax, zhipu }: LoginScene): string[] => [
  ...codex.secrets(),
  ...minimax.secrets(),
  ...zhipu.secrets(),
];

/** The endpoint does its work; then its answer is an error that repeats every secret wherever words may be. */
export function tattles(scene: LoginScene, status: number): Fault {
  return async (answer) => {
    await answer();
    const all = secretsOf(scene).join(" ");
    const error = { code: all, message: all, type: all, param: all };
    const base_resp = { status_code: all, status_msg: all };
    const body = { error, error_description: all, code: all, detail: all, status: all, base_resp };
    return Response.json(body, { status, headers: { "x-request-id": secretsOf(scene)[0]! } });
  };
}

/** Logs in to OpenAI in every way, and fails to. */
export async function logInToCodex(scene: LoginScene, { wrapper, keep }: TracedRuns): Promise<void> {
  const { box, codex, folder } = scene;
  using opener = fakeOpeners(folder, { "xdg-open": "works" });
  const begin = (what: string, args?: string[], more: readonly string[] = []) =>
    beginLogin(scene, args, {
      wrapper: [...wrapper(what), ...more],
      env: { DISPLAY: ":9", AGENTGAZER_LOG: "debug" },
    });
  const end = async (what: string, login: Awaited<ReturnType<typeof begin>>, code: number) => {
    const run = await login.ended;
    keep(`the output of ${what}`, run.stdout + run.stderr);
    assert.equal(run.code, code, run.stderr);
  };
  const foreign = (address: string) => address.replace(/state=.*/, `state=${"A".repeat(43)}`);
  {
    await using login = await begin("a login with the browser", [], opener.wrapper);
    const address = codex.approve(login.url);
    for (const url of [foreign(address), `${address}&code=x`, address]) {
      const { head, text } = await visit(url);
      keep("a page", head + text);
    }
    await end("a login with the browser", login, 0);
    assert.deepEqual(opener.opened().flatMap(({ args }) => args), [login.url]);
  }
  {
    await using login = await begin("a login by pasting");
    const address = codex.approve(login.url);
    await login.running.type(`${foreign(address)}\n${new URL(address).searchParams.get("code")}\n`);
    await login.running.shown(/is from another login[^]*paste the address that begins/);
    await login.running.type(`${address}\n`);
    await end("a login by pasting", login, 0);
  }
  codex.traps.exchange = tattles(scene, 400);
  {
    await using login = await begin("a login that fails");
    const { head, text } = await visit(codex.approve(login.url));
    keep("the page of a login that fails", head + text);
    await end("a login that fails", login, 3);
  }
  for (const [what, code] of [["a code that fails", 3], ["a code", 0]] as const) {
    const args = ["openai-oauth", "--device"];
    const run = await logInByCode(box, args, () => codex.approveDevice(), wrapper(what));
    keep(`the output of ${what}`, run.stdout + run.stderr);
    assert.equal(run.code, code, run.stderr);
    delete codex.traps.exchange;
  }
}

/** Logs in to MiniMax, and fails to. */
export async function logInToMiniMax(scene: LoginScene, { wrapper, keep }: TracedRuns): Promise<void> {
  const { box, minimax } = scene;
  minimax.settings.interval = 2;
  for (const [what, trap, code] of [["fails", tattles(scene, 400), 3], ["works", undefined, 0]] as const) {
    if (trap === undefined) delete minimax.traps.poll;
    else minimax.traps.poll = trap;
    const args = ["minimax-oauth", "--device"];
    const run = await logInByCode(box, args, () => minimax.approve("global"), wrapper(`MiniMax ${what}`));
    keep(`the output of a login to MiniMax that ${what}`, run.stdout + run.stderr);
    assert.equal(run.code, code, run.stderr);
  }
}

/** Logs in to Zhipu, and fails to. */
export async function logInToZhipu(scene: LoginScene, { run }: TracedRuns): Promise<void> {
  const { zhipu } = scene;
  const [good, bad] = [zhipu.makeKey("global"), zhipu.makeKey("global")];
  zhipu.revokeKey(bad);
  const logIn = async (stdin: string) => (await run(["login", "zhipu-coding-plan"], { stdin })).code;
  assert.equal(await logIn(bad), 3);
  zhipu.traps.models = tattles(scene, 500);
  assert.equal(await logIn(good), 7);
  delete zhipu.traps.models;
  for (const wrong of [`${good}\n${bad}`, `${good} `, ` ${bad}`, `sk-ant-${good} x`]) {
    assert.equal(await logIn(wrong), 2);
  }
  assert.equal(await logIn(good), 0);
}
