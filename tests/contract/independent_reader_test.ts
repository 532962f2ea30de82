import assert from "node:assert/strict";
import { join } from "node:path";
import { type Keyring, startKeyring } from "../support/keyring.ts";
import { SERVICE, storeOf } from "../support/libsecret_box.ts";
import { ROOT, testWith } from "../support/needs.ts";

const PROGRAM = join(ROOT, "tests", "support", "napi_keyring.ts");
const ID = "11111111-1111-4111-8111-111111111111";

/** What @napi-rs/keyring says of a vault's item in this session. */
async function other({ env }: Keyring, command: string, value = ""): Promise<string> {
  const args = ["run", "-q", "-A", "--no-prompt", PROGRAM, command, SERVICE, ID];
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(value));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

testWith(["libsecret"], "another library finds the key that was stored, and none after that", async () => {
  await using keyring = await startKeyring({ state: "open" });
  const store = storeOf(keyring.env);
  assert.equal(await other(keyring, "get"), "null");
  const { key } = await store.create(ID);
  assert.equal(JSON.parse(await other(keyring, "get")), `agz1:${key.toBase64()}`);
  const next = await store.create(ID);
  assert.equal(JSON.parse(await other(keyring, "get")), `agz1:${next.key.toBase64()}`);
  assert.equal(await store.remove(ID), undefined);
  assert.equal(await other(keyring, "get"), "null");
});

testWith(["libsecret"], "a key that another library placed is found, replaced and removed", async () => {
  await using keyring = await startKeyring({ state: "open" });
  const store = storeOf(keyring.env);
  const { key, record } = await store.create(ID);
  await other(keyring, "delete");
  assert.equal((await store.open(ID, record)).state, "absent");
  await other(keyring, "set", `agz1:${key.toBase64()}`);
  assert.deepEqual(await store.open(ID, record), { state: "found", key, changed: [] });
  assert.equal((await keyring.items()).length, 1);

  const next = await store.create(ID);
  assert.equal((await keyring.items()).length, 1);
  assert.equal(JSON.parse(await other(keyring, "get")), `agz1:${next.key.toBase64()}`);
  assert.equal(await store.remove(ID), undefined);
  assert.deepEqual(await keyring.items(), []);
});

testWith(["libsecret"], "a value of another program is no key, and stays", async () => {
  await using keyring = await startKeyring({ state: "open" });
  const { record } = await storeOf(keyring.env).create(ID);
  await other(keyring, "set", "its own password");
  assert.equal((await storeOf(keyring.env).open(ID, record)).state, "corrupt");
  assert.equal(await other(keyring, "get"), '"its own password"');
});
