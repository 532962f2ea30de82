import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRun, assertTellsNothing, callsIn, listLogins, logInByCode } from "../support/login_run.ts";
import { logInToMiniMax } from "../support/minimax_scene.ts";
import { ROOT, testWith } from "../support/needs.ts";
import type { Run } from "../support/program.ts";
import { type LoginScene, startLoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** What is particular to a plan. */
interface Plan {
  readonly id: string;
  logIn(scene: LoginScene): Promise<Run>;
  /** What the listing tells. */
  readonly listed: readonly [region: string | null, account: string | undefined, plan: string | undefined];
  /** In `sdk/`: the vendor's SDK, with what `agentgazer env` prints. */
  readonly script: string;
  /** Where its call arrives. */
  readonly call: string;
  /** What `providers test` asks. */
  readonly check: string;
  /** What is said at the end, below the first line. */
  readonly leaving: RegExp;
}

const PLANS: readonly Plan[] = [
  {
    id: "openai-oauth",
    logIn: ({ box, codex }) => logInByCode(box, ["openai-oauth", "--device"], codex.approveDevice),
    listed: [null, "someone@example.test", "plus"],
    script: "plan_openai.ts",
    call: "POST chatgpt.com/backend-api/codex/responses",
    check: "GET chatgpt.com/backend-api/wham/usage",
    leaving: /^$/,
  },
  ...([["global", "minimax.io"], ["cn", "minimaxi.com"]] as const).map(([region, site]): Plan => ({
    id: "minimax-oauth",
    logIn: (scene) => logInToMiniMax(scene, region),
    listed: [region, undefined, undefined],
    script: "plan_minimax.ts",
    call: `POST api.${site}/anthropic/v1/messages`,
    check: `GET api.${site}/anthropic/v1/models`,
    leaving:
      /^agentgazer: MiniMax Coding Plan has no way to end a login from here: .*\n.*end it on its site\n$/,
  })),
  ...([["global", "api.z.ai", "z.ai/manage"], ["cn", "open.bigmodel.cn", "bigmodel.cn/user"]] as const).map(
    ([region, host, page]): Plan => ({
      id: "zhipu-coding-plan",
      logIn: ({ box, zhipu }) =>
        box.run(["login", "zhipu-coding-plan", "--region", region], { stdin: zhipu.makeKey(region) }),
      listed: [region, undefined, undefined],
      script: "plan_zhipu.ts",
      call: `POST ${host}/api/coding/paas/v4/chat/completions`,
      check: `GET ${host}/api/coding/paas/v4/models`,
      leaving: new RegExp(
        `^agentgazer: the key itself is still valid\n.*delete it on https://${page}\\S+\n$`,
      ),
    }),
  ),
];

for (const plan of PLANS) {
  const { id, logIn, listed, script, call, check, leaving } = plan;
  testWith(NEEDS, `a ${id} plan from login to logout, ${listed[0] ?? "anywhere"}`, async (t) => {
    await using scene = await startLoginScene();
    const { box, providers, codex, minimax } = scene;
    codex.settings.interval = "2";
    minimax.settings.interval = 2000;
    await t.step("login", async () => assertRun(scene, await logIn(scene), 0, /logged in to/));
    await t.step("list", async () => {
      const [login, ...others] = await listLogins(box);
      assert.deepEqual([login?.id, login?.status, others.length], [id, "logged-in", 0]);
      assert.deepEqual([login?.region, login?.account, login?.plan], listed);
    });
    await using proxy = await box.start();
    await t.step("a streamed call of the vendor's SDK", async () => {
      providers.received.length = 0;
      const { code, stdout, stderr } = await runScript(scene, id, script);
      assert.equal(code, 0, stderr + proxy.log());
      assert.deepEqual(JSON.parse(stdout), ["Hello"]);
      assert.deepEqual(callsIn(scene), [call]);
    });
    await t.step("providers test", async () => {
      providers.received.length = 0;
      const { code, stdout, stderr } = await box.run(["providers", "test", "--json"]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), [{ id, result: "valid" }]);
      assert.deepEqual(callsIn(scene), [check]);
    });
    await t.step("doctor", async () => {
      const { code, stdout } = await box.run(["doctor", "--json"]);
      const { ok, findings } = JSON.parse(stdout);
      const bad = findings.filter(({ level }: { level: string }) => level !== "ok");
      assert.deepEqual([code, ok, bad], [0, true, []]);
      assertTellsNothing(scene, stdout);
    });
    await t.step("logout", async () => {
      const run = await box.run(["logout", id]);
      assertRun(
        scene,
        run,
        0,
        /^agentgazer: logged out of .*: its (tokens are|key is) removed from the vault\n/,
      );
      assert.match(run.stderr.split("\n").slice(1).join("\n"), leaving);
      assert.deepEqual(await listLogins(box), []);
    });
    await t.step("another call of the SDK, and another logout", async () => {
      providers.received.length = 0;
      const { code, stderr } = await runScript(scene, id, script);
      assert.equal(code, 1);
      assert.match(stderr, /AuthenticationError/);
      assert.match(
        stderr,
        new RegExp(`401.*agentgazer: No credential of .* is stored.*agentgazer login ${id}`),
      );
      assertRun(scene, await box.run(["logout", id]), 4, /there is no login/);
      assert.deepEqual(providers.received, []);
    });
    assertTellsNothing(scene, proxy.log());
  });
}

/** Runs an SDK in a process whose environment is what `agentgazer env` prints for the plan. */
async function runScript({ box }: LoginScene, id: string, script: string): Promise<Run> {
  const { stdout } = await box.run(["env", "--shell", "json", "--provider", id]);
  const cache = Deno.env.get("DENO_DIR") ??
    join(Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME")!, ".cache"), "deno");
  const ended = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--cached-only", join(ROOT, "tests", "e2e", "sdk", script)],
    clearEnv: true,
    env: { ...JSON.parse(stdout), DENO_DIR: cache, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code: ended.code, stdout: decoder.decode(ended.stdout), stderr: decoder.decode(ended.stderr) };
}
