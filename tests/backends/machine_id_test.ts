import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { derivedId, machineId, parseMachineId } from "../../backends/machine_id.ts";

const ID = "0123456789abcdef0123456789abcdef";

const TEXTS: [what: string, text: string, good: boolean][] = [
  ["an id", ID, true],
  ["an id with its line end", ID + "\n", true],
  ["the lowest", "0".repeat(31) + "1", true],
  ["nothing", "", false],
  ["a line end", "\n", false],
  ["zeros", "0".repeat(32), false],
  ["zeros with a line end", "0".repeat(32) + "\n", false],
  ["uninitialized", "uninitialized\n", false],
  ["upper case", ID.toUpperCase(), false],
  ["one digit in upper case", ID.replace("a", "A"), false],
  ["31 digits", ID.slice(1), false],
  ["33 digits", ID + "0", false],
  ["64 digits", ID + ID, false],
  ["a letter that is no digit", ID.slice(1) + "g", false],
  ["a UUID", "01234567-89ab-cdef-0123-456789abcdef", false],
  ["two lines", `${ID}\n${ID}`, false],
  ["digits of another script", "٠".repeat(31) + "١", false],
];

Deno.test("parseMachineId() takes 32 lower case digits that are not all zero", async (t) => {
  for (const [what, text, good] of TEXTS) {
    await t.step(`${what} is ${good ? "one" : "none"}`, () => {
      assert.equal(parseMachineId(text)?.toHex(), good ? text.trim() : undefined);
    });
  }
});

Deno.test("derivedId() is an HMAC under the machine id, one for each purpose", () => {
  const id = Uint8Array.fromHex(ID);
  const expected = createHmac("sha256", id).update("com.agentgazer.vault/key").digest("hex");
  assert.equal(derivedId(id, "key"), expected);
  assert.notEqual(derivedId(id, "fingerprint"), derivedId(id, "key"));
  assert.notEqual(derivedId(Uint8Array.fromHex(ID.replace("0", "1")), "key"), expected);
  assert.ok(!derivedId(id, "key").includes(ID.slice(0, 8)));
});

Deno.test("machineId() gives the same 16 bytes or nothing each time", async () => {
  const id = await machineId();
  assert.deepEqual(await machineId(), id);
  if (id !== undefined) assert.deepEqual(parseMachineId(id.toHex()), id);
});
