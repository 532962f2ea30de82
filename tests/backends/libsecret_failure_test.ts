import assert from "node:assert/strict";
import { SILENT } from "../../backends/asking.ts";
import { attended, itemsOf, secretToolsEnded, SERVICE, storeOf } from "../support/libsecret_box.ts";
import { type Keyring, startKeyring } from "../support/keyring.ts";
import { testWith } from "../support/needs.ts";

const SHORT = { ...SILENT, deadline: 300, silentDeadline: 300 };

async function startWithKey(): Promise<Keyring> {
  const keyring = await startKeyring({ state: "open" });
  await keyring.tool.store({ service: SERVICE, username: "a vault" }, "a value");
  return keyring;
}

testWith(
  ["libsecret"],
  "libsecretItems() gives a daemon that hangs up, and calls it unavailable",
  async (t) => {
    await using keyring = await startWithKey();
    await keyring.pause();
    const items = itemsOf(keyring.env, SHORT);
    await t.step("reading", async () => {
      const result = await items.read(SERVICE, "a vault");
      assert.ok(result.state === "unavailable", result.state);
      assert.match(result.reason, /does not answer/);
    });
    await t.step("removing", async () => {
      assert.equal((await items.remove(SERVICE, "a vault"))?.state, "unavailable");
    });
    await t.step("writing", async () => {
      assert.equal((await items.write(SERVICE, "a vault", "x"))?.state, "unavailable");
    });
    await t.step("looking", async () => {
      assert.equal((await items.examine("automatic"))?.state, "unavailable");
      assert.equal((await storeOf(keyring.env, SHORT).probe("automatic")).state, "unavailable");
    });
    await secretToolsEnded(keyring.env);
    keyring.resume();
    assert.deepEqual((await keyring.items()).map(({ value }) => value), ["a value"]);
  },
);

testWith(["libsecret"], "libsecretItems() does not let the user wait for a daemon that hangs", async () => {
  await using keyring = await startWithKey();
  await keyring.pause();
  // A write is waited for as long as a dialog may take, and after a second the user is told so.
  const asking = { ...attended(1500), silentDeadline: 300 };
  assert.equal((await storeOf(keyring.env, asking).probe("automatic")).state, "unavailable");
  assert.deepEqual(asking.told, []);
  keyring.resume();
});

testWith(
  ["libsecret"],
  "libsecretItems() does not take a daemon that dies for one without the item",
  async () => {
    await using keyring = await startWithKey();
    const work = [
      () => itemsOf(keyring.env).read(SERVICE, "a vault"),
      () => itemsOf(keyring.env).write(SERVICE, "another", "x"),
      () => itemsOf(keyring.env).remove(SERVICE, "a vault"),
    ];
    for (const call of work) {
      await keyring.pause();
      const result = call();
      await keyring.crash();
      const { state } = (await result)!;
      assert.ok(["unavailable", "missing"].includes(state), state);
      await keyring.lockCold();
      await keyring.unlock();
      assert.deepEqual(await itemsOf(keyring.env).read(SERVICE, "a vault"), {
        state: "found",
        value: "a value",
      });
    }
  },
);

testWith(
  ["libsecret"],
  "libsecretItems() finds no service when the daemon is gone, and finds it again",
  async () => {
    await using keyring = await startWithKey();
    const items = itemsOf(keyring.env);
    await keyring.crash();
    const missing = await items.examine("automatic");
    assert.ok(missing?.state === "missing" && missing.why === "no_service");
    assert.equal((await items.read(SERVICE, "a vault")).state, "unavailable");
    await keyring.lockCold();
    assert.equal((await items.read(SERVICE, "a vault")).state, "locked");
    await keyring.unlock();
    assert.equal((await items.read(SERVICE, "a vault")).state, "found");
  },
);
