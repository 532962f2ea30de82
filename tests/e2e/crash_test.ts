import assert from "node:assert/strict";
import { join } from "node:path";
import { within } from "../support/browser/within.ts";
import { ROOT, testWith } from "../support/needs.ts";
import { canaryKey, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl", "tcpdump"] as const;

/** No core file: that would be the memory itself. */
const NO_CORE = ["prlimit", "--core=0"];

/** V8 takes a SIGSEGV of another process for nothing, and goes on. */
const SIGNALS = ["SIGABRT", "SIGILL", "SIGFPE", "SIGSYS", "SIGQUIT"] as const;

testWith(NEEDS, "a crash with a credential in hand lets nothing of it out", async (t) => {
  await using scene = await startScene(["openai"]);
  const { box, providers, token } = scene;
  for (const signal of SIGNALS) {
    await t.step(signal, async () => {
      const env = { AGENTGAZER_LOG: "debug" };
      await using proxy = await box.start([], { wrapper: NO_CORE, env });
      providers.received.length = 0;
      const arrival = Promise.withResolvers<void>();
      providers.answer = () => {
        arrival.resolve();
        return new Promise(() => {});
      };
      const headers = { authorization: `Bearer ${token}` };
      const call = fetch(`${proxy.url}/openai/v1/models`, { headers });
      const cut = assert.rejects(call);
      await arrival.promise;
      assert.equal(providers.takeOne().headers.get("authorization"), `Bearer ${canaryKey("openai")}`);
      assert.ok(await within(20_000, proxy.stop(signal), () => "it lives on") > 128);
      await cut;
      assert.doesNotMatch(proxy.log(), /q7Zx2Wv9/);
    });
  }
});

testWith(NEEDS, "a bug that throws the credential shows its place alone", async (t) => {
  await using scene = await startScene(["openai"]);
  const { box, token } = scene;
  const program = join(box.folder, "faulty");
  const built = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "scripts/compile.ts", "--entry", "tests/e2e/faulty.ts", "--output", program],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.ok(built.success, new TextDecoder().decode(built.stderr));
  await scene.proxy.stop();
  await using proxy = await box.start([], { program, env: { AGENTGAZER_LOG: "debug" } });
  for (const [path, status] of [["thrown", 500], ["text", 500], ["stray", 200]] as const) {
    await t.step(path, async () => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${proxy.url}/openai/v1/${path}`, { headers });
      assert.equal(answer.status, status, await answer.text());
    });
  }
  await t.step("what it says", async () => {
    await proxy.logged(/this is a bug[^]*faulty/);
    assert.equal(await proxy.stop(), 0);
    assert.doesNotMatch(proxy.log(), /q7Zx2Wv9/);
    await Deno.remove(program);
  });
});
