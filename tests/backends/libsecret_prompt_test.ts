import assert from "node:assert/strict";
import { SILENT } from "../../backends/asking.ts";
import { attended, itemsOf, secretToolsEnded, SERVICE, storeOf } from "../support/libsecret_box.ts";
import { type Keyring, startKeyring } from "../support/keyring.ts";
import { testWith } from "../support/needs.ts";

const KEY = { service: SERVICE, username: "a vault" };
const SAYS = "waiting for the keyring to be unlocked; look for its dialog";

/** A keyring that has a key and is locked. */
async function startLocked(how: "lock" | "lockCold" = "lock"): Promise<Keyring> {
  const keyring = await startKeyring({ state: "open" });
  await keyring.tool.store(KEY, "a value");
  await keyring[how]();
  return keyring;
}

for (const how of ["lock", "lockCold"] as const) {
  testWith(["libsecret"], `libsecretItems() never causes a prompt unattended (${how})`, async (t) => {
    await using keyring = await startLocked(how);
    await using prompter = await keyring.prompter("silent");
    // It would be killed at once if it waited.
    const items = itemsOf(keyring.env, { ...SILENT, deadline: 1 });
    await t.step("reading", async () => {
      assert.equal((await items.read(SERVICE, "a vault")).state, "locked");
      assert.equal((await items.read(SERVICE, "another")).state, "absent");
    });
    await t.step("removing", async () => {
      assert.equal((await items.remove(SERVICE, "a vault"))?.state, "locked");
      assert.equal(await items.remove(SERVICE, "another"), undefined);
    });
    await t.step("looking", async () => {
      assert.equal((await items.examine("automatic"))?.state, "locked");
    });
    assert.equal(await prompter.prompts(), 0);
  });
}

testWith(["libsecret"], "libsecretItems() makes nothing unattended in a locked keyring", async () => {
  await using keyring = await startLocked();
  await using prompter = await keyring.prompter("silent");
  const silent = { ...SILENT, deadline: 500, silentDeadline: 500 };
  const problem = await itemsOf(keyring.env, silent).write(SERVICE, "another", "x");
  assert.equal(problem?.state, "locked");
  await secretToolsEnded(keyring.env);
  assert.equal(await prompter.prompts(), 0, "a dialog that nobody can see");
});

testWith(["libsecret"], "libsecretItems() makes no keyring unattended", async () => {
  await using keyring = await startKeyring({ state: "no-keyring" });
  await using prompter = await keyring.prompter("silent");
  const silent = { ...SILENT, deadline: 500, silentDeadline: 500 };
  const problem = await itemsOf(keyring.env, silent).write(SERVICE, "another", "x");
  assert.ok(problem?.state === "missing", `${problem?.state}: it is not locked, it is not there`);
  assert.equal(await prompter.prompts(), 0, "a dialog that nobody can see");
});

testWith(["libsecret"], "libsecretItems() waits for the user, says so, and ends the child", async (t) => {
  await using keyring = await startLocked();
  await using prompter = await keyring.prompter("silent");
  const asking = attended();
  await t.step("reading", async () => {
    const read = itemsOf(keyring.env, asking).read(SERVICE, "a vault");
    await prompter.shown();
    assert.deepEqual(asking.told, [SAYS]);
    assert.equal((await read).state, "locked");
    await secretToolsEnded(keyring.env);
  });
  await t.step("reading what is not there asks nobody", async () => {
    assert.equal((await itemsOf(keyring.env, asking).read(SERVICE, "another")).state, "absent");
    assert.deepEqual(asking.told, [SAYS]);
  });
  await t.step("writing", async () => {
    const problem = await itemsOf(keyring.env, asking).write(SERVICE, "another", "x");
    assert.equal(problem?.state, "locked");
    await secretToolsEnded(keyring.env);
  });
  await t.step("removing never asks", async () => {
    const prompts = await prompter.prompts();
    assert.equal((await storeOf(keyring.env, asking).remove("a vault"))?.state, "locked");
    assert.equal(await prompter.prompts(), prompts);
  });
  await keyring.unlock();
  assert.deepEqual((await keyring.items()).map(({ value }) => value), ["a value"]);
});

testWith(["libsecret"], "libsecretItems() takes no for an answer", async () => {
  await using keyring = await startLocked();
  await using prompter = await keyring.prompter("declines");
  const items = itemsOf(keyring.env, attended(10_000));
  assert.equal((await items.read(SERVICE, "a vault")).state, "declined");
  assert.equal((await items.write(SERVICE, "another", "x"))?.state, "declined");
  assert.equal((await storeOf(keyring.env, attended(10_000)).probe("automatic")).state, "declined");
  assert.equal(await prompter.prompts(), 3);

  await using none = await startKeyring({ state: "no-keyring" });
  await using _ = await none.prompter("declines");
  const problem = await itemsOf(none.env, attended(10_000)).write(SERVICE, "another", "x");
  assert.ok(problem?.state === "missing" && problem.why === "no_collection");
});

testWith(["libsecret"], "libsecretItems() takes a prompter that goes away for no answer", async () => {
  await using keyring = await startLocked("lockCold");
  const prompter = await keyring.prompter("silent");
  const read = itemsOf(keyring.env, attended(10_000)).read(SERVICE, "a vault");
  await prompter.shown();
  await prompter[Symbol.asyncDispose]();
  assert.equal((await read).state, "declined");
});

testWith(["libsecret"], "libsecretItems() declines by itself where there is no dialog", async () => {
  await using keyring = await startLocked();
  const items = itemsOf(keyring.env, attended(10_000));
  assert.equal((await items.read(SERVICE, "a vault")).state, "declined");
  assert.equal((await items.write(SERVICE, "another", "x"))?.state, "declined");
});

for (const how of ["lock", "lockCold"] as const) {
  testWith(["libsecret", "openssl"], `libsecretItems() goes on once it is answered (${how})`, async () => {
    await using keyring = await startLocked(how);
    await using prompter = await keyring.prompter("answers");
    const asking = attended(10_000);
    const items = itemsOf(keyring.env, asking);
    assert.deepEqual(await items.read(SERVICE, "a vault"), { state: "found", value: "a value" });
    assert.deepEqual(asking.told, [SAYS]);
    await keyring.lock();
    assert.equal(await items.write(SERVICE, "another", "x"), undefined);
    assert.equal(await prompter.prompts(), 2);
    await keyring.lock();
    assert.deepEqual(await storeOf(keyring.env, attended(10_000)).probe("automatic"), { state: "open" });
    assert.equal((await keyring.items()).length, 2);
  });
}

testWith(["libsecret", "openssl"], "libsecretItems() says what a slow write waits for", async () => {
  await using keyring = await startLocked();
  await using prompter = await keyring.prompter("silent");
  const told = Promise.withResolvers<string>();
  const asking = { ...attended(10_000), tell: told.resolve };
  const written = itemsOf(keyring.env, asking).write(SERVICE, "a vault", "x");
  assert.equal(await told.promise, SAYS);
  await prompter.answer();
  assert.equal(await written, undefined);
  assert.deepEqual((await keyring.items()).map(({ value }) => value), ["x"]);
});

testWith(
  ["libsecret", "openssl"],
  "libsecretItems() has a keyring made only for who asks for it",
  async () => {
    await using keyring = await startKeyring({ state: "no-keyring" });
    await using prompter = await keyring.prompter("answers");
    const store = storeOf(keyring.env, attended(10_000));
    assert.equal((await store.probe("automatic")).state, "missing");
    assert.equal(await prompter.prompts(), 0);
    assert.deepEqual(await store.probe("explicit"), { state: "open" });
    assert.equal(await prompter.prompts(), 1);
    assert.deepEqual(await keyring.items(), []);
  },
);
