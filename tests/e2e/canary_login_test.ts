import assert from "node:assert/strict";
import { browserScene } from "../support/browser_login.ts";
import { Leaks } from "../support/leaks.ts";
import { logInToCodex, logInToMiniMax, logInToZhipu, secretsOf, tattles } from "../support/logins_traced.ts";
import { testWith } from "../support/needs.ts";
import { type TracedRuns, tracedRuns } from "../support/traced_runs.ts";
import { cuts } from "../support/vendors/faults.ts";
import { startLoginProxy } from "../support/vendors/login_proxy.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";
import { DUE, type Renewed, seed } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl", "strace"] as const;

/** The one place where a code for the user may be; MiniMax puts it into its address too. */
const SHOWN = /Open https:\/\/\S+ and (?:enter|confirm) the code [\w-]+/;

const REPORTS = [["providers", "list"], ["providers", "list", "--all", "--json"], ["doctor"], [
  "doctor",
  "--json",
]];

/** Uses both logins that are renewed, whatever the refresh gives. */
async function useLogins(scene: LoginScene, { run, wrapper, keep }: TracedRuns): Promise<void> {
  const { codex, minimax } = scene;
  const env = { AGENTGAZER_LOG: "debug" };
  await using proxy = await startLoginProxy(scene, { wrapper: wrapper("start"), env });
  const ask = async (id: Renewed, status: number) => {
    const answer = await proxy.ask(id);
    const text = await answer.text();
    keep("an answer of the proxy", JSON.stringify([...answer.headers]) + text);
    assert.equal(answer.status, status, text);
  };
  for (const [id, desk] of [["openai-oauth", codex], ["minimax-oauth", minimax]] as const) {
    await seed(scene, id, DUE);
    await ask(id, 200);
    desk.invalidateAccessTokens();
    await ask(id, 200);
    for (
      const [fault, status] of [[tattles(scene, 503), 502], [tattles(scene, 401), 401], [cuts, 502]] as const
    ) {
      await seed(scene, id, DUE);
      desk.traps.refresh = fault;
      await ask(id, status);
      await run(["providers", "test", id], { env });
    }
    delete desk.traps.refresh;
  }
  for (const args of REPORTS) await run(args, { env });
  assert.equal(await proxy.proxy.stop("SIGTERM"), 0);
  keep("the log", proxy.proxy.log());
}

async function logOut(scene: LoginScene, { run }: TracedRuns): Promise<void> {
  const { codex } = scene;
  for (const fault of [tattles(scene, 400), cuts, undefined]) {
    await seed(scene, "openai-oauth");
    if (fault === undefined) delete codex.traps.revoke;
    else codex.traps.revoke = fault;
    const { code, stderr } = await run(["logout", "openai-oauth"]);
    assert.equal(code, 0);
    assert.equal(/could not be confirmed/.test(stderr), fault !== undefined, stderr);
  }
  assert.equal(codex.counts.revoke, 3);
  for (const id of ["minimax-oauth", "zhipu-coding-plan"]) assert.equal((await run(["logout", id])).code, 0);
  assert.notEqual((await run(["logout", "openai-oauth"])).code, 0);
}

testWith(NEEDS, "no login, refresh or logout lets a secret out", async (t) => {
  await using scene = await browserScene();
  const { codex, providers, folder } = scene;
  codex.settings.interval = "2";
  const outside = await Deno.makeTempDir({ prefix: "agentgazer-trace-" });
  const runs = tracedRuns(scene.box, outside);
  const sanitize = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await Promise.all([
    t.step({ name: "logins to OpenAI", fn: () => logInToCodex(scene, runs), ...sanitize }),
    t.step({ name: "logins to MiniMax", fn: () => logInToMiniMax(scene, runs), ...sanitize }),
    t.step({ name: "logins to Zhipu", fn: () => logInToZhipu(scene, runs), ...sanitize }),
  ]);
  await t.step("checks and reports", async () => {
    assert.equal((await runs.run(["providers", "test"])).code, 0);
    for (const args of REPORTS) await runs.run(args);
  });
  await t.step("the proxy", () => useLogins(scene, runs));
  await t.step("the files, while there are logins in them", async () => {
    await new Leaks(secretsOf(scene)).assertNoneBelow(folder);
  });
  await t.step("logouts", () => logOut(scene, runs));

  const leaks = new Leaks(secretsOf(scene));
  await t.step("the search finds each kind of secret in what the services got", () => {
    const requests = providers.received.map(({ headers, body }) =>
      JSON.stringify([...headers]) + new TextDecoder().decode(body)
    );
    for (
      const pattern of [/Bearer ey/, /code_verifier=/, /refresh_token=rt_/, /device_auth_id/, /user_code/]
    ) {
      const request = requests.find((text) => pattern.test(text));
      assert.ok(request !== undefined && leaks.find(request) !== undefined, String(pattern));
    }
    for (const spelled of [btoa, (text: string) => new TextEncoder().encode(text).toHex()]) {
      const [secret] = scene.zhipu.secrets();
      assert.ok(leaks.find(spelled(`a log line with ${secret!.slice(40, 60)} in it`)));
    }
  });
  const texts = await runs.texts();
  await t.step("and the codes that the terminal shows", () => {
    const shows = texts.filter(([, text]) => leaks.find(text) !== undefined).map(([what]) => what);
    // What is shown is written, too.
    assert.equal(shows.length, 8, shows.join());
  });
  await t.step("and nowhere else", async () => {
    for (const [what, text] of texts) leaks.assertNone(text.replace(SHOWN, ""), what);
    await leaks.assertNoneBelow(folder);
  });
  await Deno.remove(outside, { recursive: true });
});
