import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { exitOf, fails } from "../support/failure.ts";
import { type Check, ID, keyOf, OTHER } from "./keystore_contract.ts";

const GOOD = Buffer.alloc(32, 0xfb).toString("base64");

/** What may stand where a key is expected. */
const FOREIGN: readonly (readonly [what: string, value: string])[] = [
  ["nothing", ""],
  ["a space", " "],
  ["the mark alone", "agz1:"],
  ["a password", "correct horse battery staple"],
  ["a key without the mark", GOOD],
  ["a key with another mark", `agz2:${GOOD}`],
  ["a mark in capitals", `AGZ1:${GOOD}`],
  ["a key of 31 bytes", `agz1:${Buffer.alloc(31, 1).toString("base64")}`],
  ["a key of 33 bytes", `agz1:${Buffer.alloc(33, 1).toString("base64")}`],
  ["a key that was cut", `agz1:${GOOD}`.slice(0, -1)],
  ["a key that was cut by half", `agz1:${GOOD}`.slice(0, 24)],
  ["a key with bits too many", `agz1:${GOOD.replace("s=", "t=")}`],
  ["two keys", `agz1:${GOOD}agz1:${GOOD}`],
  ["a key and a line end", `agz1:${GOOD}\n`],
  ["a line end and a key", `\nagz1:${GOOD}`],
  ["base64url", `agz1:${GOOD.replaceAll("+", "-").replaceAll("/", "_")}`],
  ["hex", `agz1:${Buffer.alloc(32, 0xfb).toString("hex")}`],
  ["the whole in hex", Buffer.from(`agz1:${GOOD}`).toString("hex")],
  ["the whole in base64", Buffer.from(`agz1:${GOOD}`).toString("base64")],
  ["JSON", JSON.stringify(`agz1:${GOOD}`)],
  ["go-keyring's coding", `go-keyring-base64:${Buffer.from(`agz1:${GOOD}`).toString("base64")}`],
];

/** What a backend does with what is locked, or not its own. */
export function testHostile(check: Check): void {
  check("open() takes nothing else for a key", async (place, t) => {
    const { record } = await place.store().create(ID);
    for (const [what, value] of FOREIGN) {
      await t.step(what, async () => {
        await place.putForeign!(ID, value);
        const result = await place.store().open(ID, record);
        assert.ok(result.state === "corrupt", result.state);
        if (value.length > 8) assert.ok(!JSON.stringify(result).includes(value.slice(0, 8)));
      });
    }
    await t.step("create() makes a key in its place", async () => {
      const { key, record } = await place.store().create(ID);
      assert.equal(await keyOf(place, ID, record), key.toHex());
    });
  }, "putForeign");

  check("open() gives another key with a word of warning", async (place) => {
    const { record } = await place.store().create(ID);
    await place.putForeign!(ID, `agz1:${GOOD}`);
    const result = await place.store().open(ID, record);
    assert.ok(result.state === "found");
    assert.equal(Buffer.from(result.key).toString("base64"), GOOD);
    assert.match(result.changed.join(), /is another one$/);
  }, "putForeign");

  check("locked: nothing is absent, made, removed or lost", async (place) => {
    const { key, record } = await place.store().create(ID);
    const kept = await place.kept();
    await place.lock!();
    const opened = await place.store().open(ID, record);
    assert.ok(opened.state === "locked", opened.state);
    assert.match(opened.hint, /unlock/);
    for (const id of [ID, OTHER]) {
      const error = await fails("keystore_unavailable", () => place.store().create(id));
      assert.equal(await exitOf(() => Promise.reject(error)), 5);
      assert.match(error.message, /locked/);
    }
    assert.equal((await place.store().remove(ID))?.state, "locked");
    for (const wish of ["automatic", "explicit"] as const) {
      assert.equal((await place.store().probe(wish)).state, "locked");
    }
    await place.unlock!();
    assert.deepEqual(await place.kept(), kept);
    assert.equal(await keyOf(place, ID, record), key.toHex());
  }, "lock");
}
