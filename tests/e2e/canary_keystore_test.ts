import assert from "node:assert/strict";
import { join } from "node:path";
import { userInfo } from "node:os";
import { assertNoCanary, assertNoCanaryBelow, CANARY, findCanary } from "../support/canary.ts";
import { startKeyring } from "../support/keyring.ts";
import { legacyFile } from "../support/legacy_file.ts";
import { testWith } from "../support/needs.ts";
import { makeBox, type Run, type RunOptions } from "../support/program.ts";
import { startProviders } from "../support/providers.ts";
import { traced } from "../support/traced.ts";

const NEEDS = ["compile", "namespace", "openssl", "strace", "libsecret"] as const;
const KEY = `sk-proj-${CANARY}`;

/** Answers of providers that repeat the key, or send it elsewhere. */
const ANSWERS: readonly (() => Response)[] = [
  () => Response.json({ error: { message: KEY, code: KEY } }, { status: 401 }),
  () => new Response(KEY, { status: 500, statusText: KEY }),
  () => new Response(KEY, { status: 302, headers: { location: `https://evil.test/?key=${KEY}` } }),
  () => Response.json({ base_resp: { status_code: KEY, status_msg: KEY }, error: { code: KEY } }),
  () => {
    throw new Error("reset");
  },
];

testWith(NEEDS, "no keystore, migration, check or report lets a key out", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const outside = await Deno.makeTempDir({ prefix: "agentgazer-trace-" });
  await using providers = await startProviders(folder);
  await using keyring = await startKeyring({ state: "open" });
  await using box = await makeBox(providers, folder);
  const config = join(box.home, "config.json");
  let count = 0;

  async function run(
    code: number,
    args: readonly string[],
    options: RunOptions = {},
    what?: "names",
  ): Promise<Run> {
    const trace = join(outside, `trace${++count}`);
    const env = { ...keyring.env, ...options.env };
    const result = await box.run(args, { ...options, env, wrapper: traced(trace, what) });
    const name = args.join(" ");
    assert.equal(result.code, code, `${name}: ${result.stderr}`);
    assertNoCanary(result.stdout + result.stderr, `the output of ${name}`);
    assertNoCanary(await Deno.readTextFile(trace), `what ${name} hands to the system`);
    return result;
  }

  await t.step("plaintext keys that are moved into the vault", async () => {
    await Deno.mkdir(box.home, { recursive: true, mode: 0o700 });
    const plaintext = {
      providers: { openai: { apiKey: KEY, model: "m" }, mistral: CANARY, minimax: CANARY },
    };
    await Deno.writeTextFile(config, JSON.stringify(plaintext));
    assert.match((await run(0, ["keystore", "status"])).stdout, /^libsecret: open/);
    assertNoCanary(await Deno.readTextFile(config), "config.json");
  });
  await t.step("plaintext keys that can't be moved", async () => {
    const text = JSON.stringify({
      providers: { [CANARY]: { apiKey: KEY }, openai: `${KEY} `, yi: [CANARY] },
    });
    await Deno.writeTextFile(config, text);
    for (const args of [["providers", "list"], ["keystore", "status", "--json"], ["doctor"], ["env"]]) {
      const { stdout, stderr } = await box.run(args, { env: keyring.env });
      assertNoCanary(stdout + stderr, `the output of ${args}`);
    }
    assert.equal(await Deno.readTextFile(config), text);
    await Deno.remove(config);
  });
  await t.step("what the AgentGazer product stored", async () => {
    const id = (await Deno.readTextFile("/etc/machine-id").catch(() => Deno.readTextFile("/etc/hostname")))
      .trim();
    const login = JSON.stringify({ accessToken: CANARY, refreshToken: CANARY, expiresAt: 2e9 });
    const secrets = {
      "com.agentgazer.provider": { yi: CANARY, [CANARY]: CANARY },
      "com.agentgazer.oauth": { "openai-oauth": login, "minimax-oauth": CANARY },
    };
    const file = join(box.home, "secrets.enc");
    const sealed = legacyFile(JSON.stringify(secrets), { identity: `${id}:${userInfo().username}` });
    await Deno.writeTextFile(file, sealed, { mode: 0o600 });
    await keyring.tool.store({ service: "com.agentgazer.provider", account: "baichuan" }, CANARY);
    const { stderr } = await run(0, ["import", "agentgazer"], {}, "names");
    assert.match(stderr, /in the vault now: baichuan, yi, openai-oauth/);
    await Deno.writeTextFile(file, sealed.replace(/"tag": "./, '"tag": "g'), { mode: 0o600 });
    await run(2, ["import", "agentgazer"], {}, "names");
    await Deno.remove(file);
  });
  await t.step("checks, whatever the providers answer", async () => {
    assert.ok(findCanary(KEY));
    for (const answer of ANSWERS) {
      providers.answer = answer;
      providers.received.length = 0;
      const { code, stdout, stderr } = await box.run(["providers", "test"], { env: keyring.env });
      assert.ok(code === 3 || code === 7, `${code} ${stderr}`);
      assert.ok(findCanary(JSON.stringify(providers.received.map(({ headers }) => [...headers]))));
      assertNoCanary(stdout + stderr, "the output of providers test");
    }
    await run(7, ["providers", "test", "openai", "--json"]);
    providers.answer = () => Response.json({ ok: true });
    await run(0, ["providers", "test", "openai", "yi", "openai-oauth"]);
  });
  await t.step("moves from one keystore to another and back", async () => {
    await run(0, ["keystore", "move", "--to", "machine"]);
    await run(0, ["keystore", "move", "--to", "libsecret"]);
    await run(5, ["keystore", "move", "--to", "keychain"]);
  });
  await t.step("reports, with keys in variables that SDKs read", async () => {
    const env = {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: `https://${CANARY}@evil.test/`,
      GEMINI_API_KEY: CANARY,
    };
    for (const json of [[], ["--json"]]) {
      const { stdout, stderr } = await box.run(["doctor", ...json], { env: { ...keyring.env, ...env } });
      assert.match(stdout, /OPENAI_API_KEY/);
      assertNoCanary(stdout + stderr, "the report");
    }
  });
  await t.step("a locked keyring", async () => {
    await keyring.lock();
    await run(5, ["providers", "set", "openai"], { stdin: KEY });
    await run(5, ["providers", "test"]);
    await run(5, ["keystore", "move", "--to", "machine"]);
    await run(5, ["env"]);
    await run(0, ["providers", "list"]);
    await run(5, ["doctor"]);
    await Deno.writeTextFile(config, JSON.stringify({ providers: { deepseek: { apiKey: CANARY } } }));
    assert.match((await run(0, ["providers", "list"])).stderr, /stay there/);
    await keyring.unlock();
    assert.match((await run(0, ["providers", "list"])).stderr, /moved 1 plaintext key/);
  });
  await t.step("a key in the wrong place", async () => {
    const wrong = [["providers", "test", CANARY], ["keystore", CANARY], ["keystore", "move", "--to", CANARY]];
    wrong.push(["import", CANARY], ["doctor", CANARY], ["providers", "set", "moonshot", "--region", CANARY]);
    for (const args of wrong) {
      for (const json of [[], ["--json"]]) {
        const { code, stdout, stderr } = await box.run([...args, ...json], { env: keyring.env });
        assert.equal(code, 2, stderr);
        assertNoCanary(stdout + stderr, "the output of a wrong command line");
      }
    }
  });
  await assertNoCanaryBelow(box.home);
  await Deno.remove(outside, { recursive: true });
});
