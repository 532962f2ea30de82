import assert from "node:assert/strict";
import { makeCertificates } from "../support/certificates.ts";
import { testWith } from "../support/needs.ts";
import type { Box } from "../support/program.ts";
import { canaryKey, type Scene, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

type Finding = Readonly<Record<"check" | "level" | "message" | "fix", string>>;

async function doctor(box: Box, env = {}): Promise<{ code: number; ok: boolean; findings: Finding[] }> {
  const { code, stdout, stderr } = await box.run(["doctor", "--json"], { env });
  assert.doesNotMatch(stdout + stderr, /q7Zx2Wv9/);
  const { ok, findings } = JSON.parse(stdout);
  assert.equal(ok, code === 0);
  return { code, ok, findings };
}

const errorsOf = (findings: readonly Finding[]) => findings.filter(({ level }) => level === "error");

testWith(NEEDS, "doctor finds a healthy setup healthy, and says where the proxy runs", async (t) => {
  await using scene: Scene = await startScene(["openai", "moonshot"]);
  const { box, providers, proxy } = scene;
  await t.step("while it runs", async () => {
    const { code, ok, findings } = await doctor(box);
    assert.deepEqual([code, ok, errorsOf(findings)], [0, true, []]);
    const find = (name: string) => findings.find(({ check }) => check === name)!.message;
    assert.equal(find("port"), `the proxy runs at ${proxy.url}`);
    assert.match(find("version"), /^agentgazer \d+\.\d+\.\d+, Deno 2\.\d+\.\d+, linux \w+$/);
    assert.match(find("network"), /: DENO_CERT$/);
    assert.match(find("clock"), /^api\.openai\.com answers, and the clocks agree$/);
    assert.match(find("keystore"), /^machine: open; chosen because /);
  });
  await t.step("it called one provider, without a key", () => {
    const { host, target, headers } = providers.takeOne();
    assert.deepEqual([host, target], ["api.openai.com", "/"]);
    for (const name of ["authorization", "x-api-key", "x-goog-api-key", "cookie"]) {
      assert.ok(!headers.has(name));
    }
  });
  await t.step("with the variables of `env`", async () => {
    const env = JSON.parse((await box.run(["env", "--shell", "json"])).stdout);
    const { findings } = await doctor(box, env);
    assert.deepEqual(findings.filter(({ level }) => level !== "ok"), []);
  });
  await t.step("with a real key in the environment", async () => {
    const { code, findings } = await doctor(box, { OPENAI_API_KEY: canaryKey("openai") });
    const [warning, ...others] = findings.filter(({ level }) => level !== "ok");
    assert.deepEqual([code, warning!.check, others], [0, "environment", []]);
  });
  await t.step("when it has ended", async () => {
    await proxy.stop();
    const { findings } = await doctor(box);
    assert.match(findings.find(({ check }) => check === "port")!.message, /18900/);
  });
});

testWith(NEEDS, "doctor says what is wrong with the clock, the network and the files", async (t) => {
  await using scene: Scene = await startScene(["mistral"]);
  const { box, providers, proxy } = scene;
  const rows: [name: string, hours: number, message: RegExp][] = [
    ["ahead", 1, /^the clock of this machine is (1 h 0|59) min behind that of api\.mistral\.ai$/],
    ["behind", -1, /^the clock of this machine is (1 h 0|59) min ahead of that of api\.mistral\.ai$/],
  ];
  for (const [name, hours, message] of rows) {
    await t.step(`a provider whose clock is an hour ${name}`, async () => {
      const date = () => new Date(Date.now() + hours * 3_600_000).toUTCString();
      providers.answer = () => new Response("no", { status: 404, headers: { date: date() } });
      const { code, findings } = await doctor(box);
      const [error, ...others] = errorsOf(findings);
      assert.deepEqual([code, error!.check, others], [6, "clock", []]);
      assert.match(error!.message, message);
    });
  }
  await t.step("a certificate that is not trusted", async () => {
    providers.received.length = 0;
    const { authority } = await makeCertificates(await Deno.makeTempDir({ dir: box.folder }), ["other.test"]);
    const { code, findings } = await doctor(box, { DENO_CERT: authority });
    const [error] = errorsOf(findings);
    assert.deepEqual([code, error!.check], [7, "network"]);
    assert.match(
      error!.message,
      /^api\.mistral\.ai could not be reached: its certificate is not from an authority/,
    );
    assert.deepEqual(providers.received, []);
  });
  await t.step("a key log", async () => {
    const file = `${box.folder}/keys`;
    const { code, findings } = await doctor(box, { SSLKEYLOGFILE: file });
    assert.equal(code, 6);
    assert.deepEqual(errorsOf(findings).map(({ fix }) => fix), ["unset SSLKEYLOGFILE"]);
    assert.deepEqual(providers.received, []);
    // The runtime makes it, before the program runs.
    assert.equal((await Deno.stat(file)).size, 0);
  });
  await t.step("modes, which its fix mends", async () => {
    providers.answer = () => new Response();
    await proxy.stop();
    await Deno.chmod(`${box.home}/vault.json`, 0o644);
    const { code, findings } = await doctor(box);
    assert.equal(code, 6);
    for (const { fix } of errorsOf(findings)) {
      assert.ok((await new Deno.Command("sh", { args: ["-c", fix] }).output()).success);
    }
    assert.equal((await doctor(box)).code, 0);
  });
});
