import assert from "node:assert/strict";
import { boxBeside, type KeyringBox } from "../support/keyring_box.ts";
import { startKeyring } from "../support/keyring.ts";
import { testWith } from "../support/needs.ts";

const ROUNDS = 50;
const KEYS = [["openai", "sk-proj-one"], ["mistral", "another-0123456789abcdef"]] as const;

/** Two processes make the vault; both keys must open with what is there afterwards. */
async function race({ run, opened }: KeyringBox, env: Readonly<Record<string, string>>): Promise<void> {
  // Not traced: strace makes a run take up to twice as long.
  const set = ([id, key]: readonly [string, string]) =>
    run(["providers", "set", id], { stdin: key, env, wrapper: [] });
  for (const { code, stderr } of await Promise.all(KEYS.map(set))) assert.equal(code, 0, stderr);
  assert.deepEqual(await opened(...KEYS.map(([id]) => id)), KEYS.map(([, key]) => key));
}

testWith(["compile", "libsecret"], "two processes make one vault with one key in the keyring", async () => {
  await using keyring = await startKeyring({ state: "open" });
  const made: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await using box = await boxBeside(keyring);
    await race(box, {});
    const { id, backend } = box.recorded();
    assert.equal(backend, "libsecret");
    made.push(id);
    // Exactly one for each vault, and none that was only tried.
    if (round % 10 === 9) assert.deepEqual((await box.accounts()).sort(), made.toSorted());
  }
  assert.equal(new Set(made).size, ROUNDS);
});

testWith(["compile", "libsecret"], "two processes make one vault with one machine.key", async () => {
  await using keyring = await startKeyring({ state: "open" });
  for (let round = 0; round < ROUNDS; round++) {
    await using box = await boxBeside(keyring);
    await race(box, { AGENTGAZER_SECRET_BACKEND: "machine" });
    assert.equal(box.recorded().backend, "machine");
    const names = [...Deno.readDirSync(box.box.home)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["machine.key", "vault.json", "vault.lock"]);
  }
  assert.deepEqual(await keyring.items(), []);
});
