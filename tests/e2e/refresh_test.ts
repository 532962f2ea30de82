import assert from "node:assert/strict";
import { join } from "node:path";
import { listLogins, logInByCode } from "../support/login_run.ts";
import { ROOT, testWith } from "../support/needs.ts";
import { fails, type Fault, replies } from "../support/vendors/faults.ts";
import { localToken, startLoginProxy } from "../support/vendors/login_proxy.ts";
import { type LoginScene, startLoginScene } from "../support/vendors/login_scene.ts";
import { DUE, LONG_AGO, type Renewed, seed, seen } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** Runs OpenAI's SDK once, with what a user sets. */
async function runSdk(scene: LoginScene, url: string): Promise<Record<string, unknown>> {
  const cache = Deno.env.get("DENO_DIR") ??
    join(Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME")!, ".cache"), "deno");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--cached-only", join(ROOT, "tests", "e2e", "sdk", "openai_login.ts")],
    clearEnv: true,
    env: {
      OPENAI_BASE_URL: `${url}/openai-oauth/v1`,
      OPENAI_API_KEY: await localToken(scene),
      DENO_DIR: cache,
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
}

testWith(
  NEEDS,
  "a login that has ended is renewed by the request that needs it, which is streamed",
  async (t) => {
    await using scene = await startLoginScene();
    const { box, codex, minimax, providers } = scene;
    await using proxy = await startLoginProxy(scene);
    for (const [id, desk] of [["openai-oauth", codex], ["minimax-oauth", minimax]] as const) {
      await t.step(id, async () => {
        const before = await seed(scene, id, DUE);
        providers.received.length = 0;
        const answer = await proxy.ask(id);
        assert.equal(answer.status, 200);
        assert.match(answer.headers.get("content-type")!, /^text\/event-stream/);
        assert.match(await answer.text(), /"Hello"[^]*(completed|message_stop)/);
        assert.equal(desk.counts.refresh, 1);
        const after = (await seen(box, id))!;
        assert.notEqual(after.refresh, before.refresh);
        assert.ok(Date.parse(after.fields.expiresAt!) > Date.now());
        assert.deepEqual(
          providers.received.map(({ headers }) => headers.get("authorization")),
          [null, `Bearer ${after.access}`],
        );
        // Only when it ends again.
        assert.equal((await proxy.text(id))[0], 200);
        assert.equal(desk.counts.refresh, 1);
      });
    }
    await t.step("OpenAI's SDK notices nothing", async () => {
      await seed(scene, "openai-oauth", DUE);
      assert.deepEqual(await runSdk(scene, proxy.proxy.url), { parts: ["Hello"] });
      assert.equal(codex.counts.refresh, 2);
    });
  },
);

/** Answers after which a refresh token is never used again, and the reason that is told. */
const ENDED: [id: Renewed, what: string, fault: Fault, reason: RegExp][] = [
  ["openai-oauth", "expired", fails(401, "refresh_token_expired"), /: the refresh token has expired\./],
  ["openai-oauth", "reused", fails(401, "refresh_token_reused"), /: the refresh token was used before, /],
  ["openai-oauth", "invalidated", fails(401, "refresh_token_invalidated"), /: the login was ended by /],
  ["openai-oauth", "expired, flat", fails(400, "refresh_token_expired", "flat"), /token has expired\./],
  ["openai-oauth", "reused, bare", fails(400, "refresh_token_reused", "bare"), /was used before, /],
  ["openai-oauth", "invalidated, in capitals", fails(403, "REFRESH_TOKEN_INVALIDATED"), /was ended by /],
  ["openai-oauth", "invalid_grant", fails(400, "invalid_grant", "flat"), /is no longer valid\./],
  ["openai-oauth", "invalid_grant, nested", fails(400, "invalid_grant"), /is no longer valid\./],
  ["openai-oauth", "an unknown 401", fails(401, "something_new"), /answered with status 401\./],
  ["openai-oauth", "an empty 401", replies(401), /answered with status 401\./],
  ["openai-oauth", "401 and no object", replies(401, '["invalid_grant"]'), /answered with status 401\./],
  ["minimax-oauth", "invalid_grant", fails(400, "invalid_grant", "flat"), /is no longer valid\./],
  ["minimax-oauth", "reused", fails(400, "refresh_token_reused", "flat"), /was used before, /],
  ["minimax-oauth", "a status in words", replies(200, { status: "error" }), /refused the refresh token\./],
  ["minimax-oauth", "base_resp", replies(200, { base_resp: { status_code: 1004 } }), /refused the /],
];

testWith(
  NEEDS,
  "a login that the service ended is never renewed again, by anybody, and says so",
  async (t) => {
    await using scene = await startLoginScene();
    const { box, codex, minimax, providers } = scene;
    codex.settings.interval = "2";
    await using proxy = await startLoginProxy(scene);
    for (const [id, what, fault, reason] of ENDED) {
      await t.step(`${what} (${id})`, async () => {
        const desk = id === "openai-oauth" ? codex : minimax;
        const before = await seed(scene, id, { ...DUE, ...LONG_AGO });
        desk.traps.refresh = fault;
        providers.received.length = 0;
        const [status, text] = await proxy.text(id);
        assert.equal(status, 401, text);
        const { error } = JSON.parse(text);
        assert.match(error.message, new RegExp(`^agentgazer: The login of ${id} can't be renewed: `));
        assert.match(error.message, reason);
        assert.ok(error.message.endsWith(`. Hint: agentgazer login ${id}`), error.message);
        assert.deepEqual(
          { ...error, message: "" },
          id === "openai-oauth"
            ? { message: "", type: "agentgazer_error", code: "login_required" }
            : { message: "", type: "authentication_error", code: "login_required" },
        );
        assert.deepEqual(await proxy.text(id), [status, text]);
        const test = await box.run(["providers", "test", id]);
        assert.equal(test.code, 3, test.stderr);
        assert.ok(test.stdout.includes(`: agentgazer login ${id}\n`));
        // Neither this service nor the provider was asked any more.
        assert.equal(providers.received.length, 1);
        const { access, refresh, fields } = (await seen(box, id))!;
        assert.deepEqual([access, refresh], [before.access, before.refresh]);
        assert.equal(fields.lastError!.permanent, true);
        assert.doesNotMatch(text + test.stdout + test.stderr + proxy.proxy.log(), /upstream-words/);
      });
    }
    await t.step("however long ago that was", async () => {
      const lastError = { ...LONG_AGO.lastError!, count: 1, permanent: true };
      await seed(scene, "openai-oauth", { ...DUE, lastError });
      const { refresh } = codex.counts;
      assert.match(
        (await proxy.text("openai-oauth"))[1],
        /can't be renewed: long ago\. Hint: agentgazer login /,
      );
      assert.equal((await box.run(["providers", "test", "openai-oauth"])).code, 3);
      assert.equal(codex.counts.refresh, refresh);
    });
    await t.step("OpenAI's SDK raises its AuthenticationError", async () => {
      const { message, ...rest } = await runSdk(scene, proxy.proxy.url);
      assert.deepEqual(rest, { status: 401, code: "login_required" });
      assert.match(String(message), /agentgazer login openai-oauth/);
    });
    await t.step("a new login heals it, while the proxy runs", async () => {
      delete codex.traps.refresh;
      const { code } = await logInByCode(box, ["openai-oauth", "--device"], () => codex.approveDevice());
      assert.equal(code, 0);
      assert.equal((await proxy.text("openai-oauth"))[0], 200);
      const status = (await listLogins(box)).map((row) => `${row.id} ${row.status}`);
      assert.deepEqual(status, ["openai-oauth logged-in", "minimax-oauth refresh-failed"]);
    });
  },
);
