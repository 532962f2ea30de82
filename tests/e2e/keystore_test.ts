import assert from "node:assert/strict";
import { join } from "node:path";
import { keyringBox } from "../support/keyring_box.ts";
import { testWith } from "../support/needs.ts";
import type { Run } from "../support/program.ts";
import { startProviders } from "../support/providers.ts";

const NEEDS = ["compile", "libsecret"] as const;
const KEY = "sk-proj-q7Zx2Wv9Kp4Tn8Rb3Md6";

function ends(run: Run, code: number, stderr: RegExp = /^$/): void {
  assert.equal(run.code, code, run.stderr);
  assert.match(run.stderr, stderr);
}

testWith([...NEEDS, "namespace", "openssl"], "a vault's life with a keyring", async () => {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  await using providers = await startProviders(folder);
  await using box = await keyringBox("open", providers, folder);
  const { run, keyring } = box;
  ends(await box.set(KEY), 0, /stored the OpenAI key/);
  const { id, backend } = box.recorded();
  assert.equal(backend, "libsecret");
  assert.deepEqual(await box.accounts(), [id]);
  const listed = (await run(["providers", "list", "--json"])).stdout;
  assert.equal(JSON.parse(listed)[0].id, "openai");
  ends(await run(["providers", "test"]), 0);
  assert.equal(providers.takeOne().headers.get("authorization"), `Bearer ${KEY}`);

  await keyring.lock();
  assert.equal((await run(["providers", "list", "--json"])).stdout, listed);
  for (const args of [["providers", "test"], ["env"], ["keystore", "move", "--to", "machine"]]) {
    ends(await run(args), 5, /it is locked\n.*hint: .*unlock/);
  }
  const troubled = await run(["doctor", "--json"]);
  assert.equal(troubled.code, 5);
  assert.match(troubled.stdout, /it is locked/);
  assert.ok(providers.received.every(({ headers }) => !headers.has("authorization")));
  providers.received.length = 0;

  await keyring.unlock();
  ends(await run(["providers", "test"]), 0);
  ends(await run(["keystore", "move", "--to", "machine"]), 0, /from "libsecret" to "machine"\n$/);
  assert.deepEqual(await keyring.items(), []);
  assert.deepEqual(await box.opened("openai"), [KEY]);
  ends(await run(["keystore", "move", "--to", "machine"]), 0, /is in "machine" already/);
  ends(await run(["keystore", "move", "--to", "libsecret"]), 0, /from "machine" to "libsecret"\n$/);
  assert.deepEqual(await box.accounts(), [box.recorded().id]);
  assert.notEqual(box.recorded().id, id);
  assert.deepEqual([...Deno.readDirSync(box.box.home)].map(({ name }) => name).sort(), [
    "vault.json",
    "vault.lock",
  ]);
  ends(await run(["providers", "test"]), 0);
  const { findings } = JSON.parse((await run(["doctor", "--json"])).stdout);
  const wrong = findings.filter(({ level, check }: { level: string; check: string }) =>
    level === "error" && check !== "port"
  );
  assert.deepEqual(wrong, []);
});

for (const state of ["locked", "locked-cold"] as const) {
  testWith(NEEDS, `a vault is not made while the keyring is locked (${state})`, async () => {
    await using box = await keyringBox(state);
    for (const env of [{}, { AGENTGAZER_SECRET_BACKEND: "libsecret" }]) {
      const run = await box.set(KEY, { env });
      const wayOut = "AGENTGAZER_SECRET_BACKEND" in env ? "unset" : "AGENTGAZER_SECRET_BACKEND=machine";
      ends(run, 5, new RegExp(`it is locked\n.*hint: .*unlock.*; or .*${wayOut}`));
      assert.throws(() => Deno.statSync(join(box.box.home, "vault.json")), Deno.errors.NotFound);
      assert.throws(() => Deno.statSync(join(box.box.home, "machine.key")), Deno.errors.NotFound);
    }
    await box.keyring.unlock();
    assert.deepEqual(await box.keyring.items(), []);
    ends(await box.set(KEY), 0, /stored/);
    assert.equal(box.recorded().backend, "libsecret");
  });
}

testWith(NEEDS, "AGENTGAZER_SECRET_BACKEND is honoured or refused", async (t) => {
  await t.step("machine, though there is a keyring", async () => {
    await using box = await keyringBox();
    ends(await box.set(KEY, { env: { AGENTGAZER_SECRET_BACKEND: "machine" } }), 0, /stored/);
    assert.deepEqual(await box.keyring.items(), []);
    assert.match((await box.status()).reason, /AGENTGAZER_SECRET_BACKEND asked for it/);
    // The choice sticks.
    ends(await box.set(KEY), 0, /stored/);
    assert.equal(box.recorded().backend, "machine");
    assert.deepEqual(await box.keyring.items(), []);
  });
  await t.step("libsecret, where there is none", async () => {
    const reasons = [["no-bus", /no D-Bus session bus/], ["dead-bus", /no D-Bus session bus/], [
      "no-provider",
      /nothing on the session bus provides it/,
    ], ["no-keyring", /there is none yet/]] as const;
    for (const [state, reason] of reasons) {
      await using box = await keyringBox(state);
      const run = await box.set(KEY, { env: { AGENTGAZER_SECRET_BACKEND: "libsecret" } });
      ends(run, 5, new RegExp(`${reason.source}\n.*hint: .*unset AGENTGAZER_SECRET_BACKEND`));
      assert.throws(() => Deno.statSync(join(box.box.home, "vault.json")), Deno.errors.NotFound);
    }
  });
  await t.step("keychain, which this system does not have", async () => {
    await using box = await keyringBox();
    const run = await box.set(KEY, { env: { AGENTGAZER_SECRET_BACKEND: "keychain" } });
    ends(run, 5, /this operating system does not have it\n.*hint: use libsecret or machine/);
  });
  await t.step("another than the vault's", async () => {
    await using box = await keyringBox();
    await box.set(KEY);
    const before = await Deno.readFile(join(box.box.home, "vault.json"));
    for (const args of [["providers", "set", "openai"], ["env"], ["providers", "test"]]) {
      const run = await box.run(args, { stdin: KEY, env: { AGENTGAZER_SECRET_BACKEND: "machine" } });
      ends(run, 5, /this vault uses "libsecret"\n.*hint: agentgazer keystore move --to machine/);
    }
    assert.deepEqual(await Deno.readFile(join(box.box.home, "vault.json")), before);
    const env = { AGENTGAZER_SECRET_BACKEND: "machine" };
    ends(await box.run(["keystore", "move", "--to", "machine"], { env }), 0, /moved/);
    ends(await box.set(KEY, { env }), 0, /stored/);
  });
});
