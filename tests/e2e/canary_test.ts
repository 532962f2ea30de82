import assert from "node:assert/strict";
import { join } from "node:path";
import { PROVIDERS } from "../../lib/providers/table.ts";
import { assertNoCanary, assertNoCanaryBelow, CANARY, findCanary } from "../support/canary.ts";
import { makeCertificates } from "../support/certificates.ts";
import { testWith } from "../support/needs.ts";
import { type Box, makeBox, type Run, type RunOptions } from "../support/program.ts";
import { startProviders } from "../support/providers.ts";
import { traced } from "../support/traced.ts";

const NEEDS = ["compile", "namespace", "openssl", "strace"] as const;
const KEYED = PROVIDERS.filter((provider) => provider.auth === "api-key").map(({ id }) => id);

testWith(
  NEEDS,
  "a key is in no argv, environment, output, log, file or socket but the provider's",
  async (t) => {
    const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
    const outside = await Deno.makeTempDir({ prefix: "agentgazer-trace-" });
    await using providers = await startProviders(folder);
    await using box = await makeBox(providers, folder);
    let count = 0;

    async function run(args: readonly string[], options: RunOptions = {}): Promise<Run> {
      const trace = join(outside, `trace${++count}`);
      const result = await box.run(args, { ...options, wrapper: traced(trace) });
      assertNoCanary(result.stdout + result.stderr, `the output of ${args.join(" ")}`);
      assertNoCanary(await Deno.readTextFile(trace), `what ${args.join(" ")} hands to the system`);
      return result;
    }

    await t.step("the search finds a key that is on the command line", async () => {
      const trace = join(outside, "control");
      await using other = await makeBox();
      await other.run(["providers", "set", "mistral", CANARY], { wrapper: traced(trace) });
      assert.ok(findCanary(await Deno.readTextFile(trace)));
    });
    await t.step("storing, listing, removing", async () => {
      for (const id of KEYED) {
        const { code, stderr } = await run(["providers", "set", id, "--force"], { stdin: keyOf(id) });
        assert.equal(code, 0, stderr);
      }
      for (const args of [["list"], ["list", "--all", "--json"], ["remove", "yi"]]) {
        assert.equal((await run(["providers", ...args])).code, 0);
      }
      await run(["clients", "add", "one"]);
      await run(["clients", "list"]);
      await run(["clients", "remove", "one"]);
      for (const shell of ["posix", "fish", "json"]) {
        assert.equal((await run(["env", "--shell", shell])).code, 0);
      }
    });
    await t.step("refused keys", async () => {
      const bad = ["", " ", "\0", "é", "\n" + CANARY, " " + CANARY, "x".repeat(9000)];
      for (const suffix of bad) {
        const { code } = await run(["providers", "set", "openai"], { stdin: CANARY + suffix });
        assert.equal(code, suffix === "" ? 0 : 2);
      }
      assert.equal((await run(["providers", "set", "openai"], { stdin: "sk-ant-" + CANARY })).code, 6);
      await run(["providers", "set", "openai"], { stdin: keyOf("openai") });
    });
    await t.step("a key in the wrong place", async () => {
      const wrong = [[CANARY], ["providers", CANARY], ["providers", "set", CANARY], [
        "providers",
        "remove",
        CANARY,
      ]];
      wrong.push(["providers", "set", "openai", "x", CANARY], ["providers", "list", CANARY], [
        "clients",
        "remove",
        CANARY,
      ]);
      wrong.push([`--${CANARY}`], ["providers", "set", "openai", `-${CANARY}`], ["start", "--port", CANARY]);
      wrong.push(["clients", "add", CANARY + "/"], ["clients", "add", "a", "--expires", CANARY], [
        "env",
        "--shell",
        CANARY,
      ]);
      wrong.push(["env", "--client", CANARY], ["env", "--provider", CANARY], ["start", "--host", CANARY], [
        "completions",
        CANARY,
      ]);
      wrong.push(["start", "--allow-host", CANARY + "/"], ["clients", "add", "a", "--allow", CANARY], [
        "start",
        "--log-format",
        CANARY,
      ]);
      for (const args of wrong) {
        for (const json of [[], ["--json"]]) {
          const result = await box.run([...args, ...json]);
          assert.ok([2, 4].includes(result.code), `${result.code}: ${result.stderr}`);
          assertNoCanary(result.stdout + result.stderr, `the output of a wrong command line`);
        }
      }
    });
    await t.step("the proxy, with answers of every kind", async () => {
      const trace = join(outside, "proxy");
      await using proxy = await box.start([], { wrapper: traced(trace), env: { AGENTGAZER_LOG: "debug" } });
      const token: string = JSON.parse((await run(["env", "--shell", "json"])).stdout).OPENAI_API_KEY;
      const call = async (path: string) => {
        const answer = await fetch(proxy.url + path, { headers: { "x-api-key": token }, redirect: "manual" });
        const text = await answer.text().catch(() => "");
        assertNoCanary(text + JSON.stringify([...answer.headers]), "an answer");
        return answer.status;
      };
      for (const id of KEYED.filter((id) => id !== "yi")) {
        providers.received.length = 0;
        assert.equal(await call(`/${id}/v1/models`), 200);
        assert.ok(findCanary(JSON.stringify([...providers.takeOne().headers])));
      }
      providers.answer = () => new Response("no", { status: 500 });
      assert.equal(await call("/openai/v1/models"), 500);
      providers.answer = () => {
        throw new Error("reset");
      };
      await call("/openai/v1/models");
      for (
        const path of ["/yi/v1/models", "/nowhere", "/openai/../x", "/openai/v1/organization", "/health"]
      ) await call(path);
      assert.equal(await proxy.stop("SIGTERM"), 0);
      assertNoCanary(proxy.log(), "the log");
      assertNoCanary(await Deno.readTextFile(trace), "what the proxy hands to the system");
    });
    await t.step("an upstream whose certificate is not trusted", async () => {
      const { authority } = await makeCertificates(outside, ["other.test"]);
      await using proxy = await box.start([], { env: { DENO_CERT: authority } });
      providers.received.length = 0;
      const token: string = JSON.parse((await run(["env", "--shell", "json"])).stdout).OPENAI_API_KEY;
      const answer = await fetch(proxy.url + "/openai/v1/models", { headers: { "x-api-key": token } });
      assert.equal(answer.status, 502);
      assert.match(await answer.text(), /its certificate is not from an authority/);
      assert.equal(providers.received.length, 0);
      await proxy.stop();
      assertNoCanary(proxy.log(), "the log");
    });
    await t.step("a damaged vault, a wrong key, a forced keystore", async () => {
      await breakAndRun(box, run);
    });
    await assertNoCanaryBelow(folder);
    await Deno.remove(outside, { recursive: true });
  },
);

async function breakAndRun(
  box: Box,
  run: (args: string[], options?: RunOptions) => Promise<Run>,
): Promise<void> {
  const commands = [["providers", "list"], ["providers", "set", "openai"], ["env"], ["start"], [
    "clients",
    "add",
    "x",
  ]];
  const attempt = async (codes: number[], options: RunOptions = {}, which = commands) => {
    for (const args of which) {
      const { code, stderr } = await run(args, { stdin: CANARY, ...options });
      assert.ok(codes.includes(code), `${args}: ${code} ${stderr}`);
    }
  };
  const forced = { env: { AGENTGAZER_SECRET_BACKEND: "libsecret" } };
  await attempt([0], forced, commands.filter(([, command]) => command === "list"));
  await attempt([5], forced, commands.filter(([, command]) => command !== "list"));
  for (const name of ["AGENTGAZER_SECRET_BACKEND", "AGENTGAZER_HOME"]) {
    const { code, stdout, stderr } = await box.run(["providers", "list"], { env: { [name]: CANARY } });
    assert.equal(code, 2);
    assertNoCanary(stdout + stderr, `the output for a wrong ${name}`);
  }
  const vault = join(box.home, "vault.json");
  const good = await Deno.readFile(vault);
  await Deno.writeFile(vault, good.subarray(0, good.length / 2));
  await attempt([8]);
  await Deno.writeFile(vault, good);
  const key = join(box.home, "machine.key");
  const bytes = await Deno.readFile(key);
  await Deno.writeFile(key, bytes.map((byte) => byte ^ 255));
  await attempt([0, 5]);
  await Deno.writeFile(key, bytes);
}

/** A key of the right shape for a provider that holds the canary. */
function keyOf(id: string): string {
  const prefix = { openai: "sk-proj-", anthropic: "sk-ant-api03-", minimax: "sk-api-" }[id] ?? "";
  return prefix + CANARY;
}
