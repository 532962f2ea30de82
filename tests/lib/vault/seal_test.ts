import assert from "node:assert/strict";
import { canonical, importKey, seal, type Sealed, unseal } from "../../../lib/vault/seal.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
import { countingRandom } from "../../support/fake_system.ts";

const BOUND = { vault: "v", name: "api-key:openai", entry: { kind: "api-key", n: 1 } };

function keyOf(byte: number): Promise<CryptoKey> {
  return importKey(new Uint8Array(32).fill(byte));
}

const TEXTS: [what: string, text: string][] = [
  ["a key", "sk-test-1"],
  ["an empty text", ""],
  ["line ends and NUL", "a\r\n\0b"],
  ["text outside ASCII", "schlüssel 🔑"],
  ["8 KiB", "k".repeat(8192)],
];

Deno.test("unseal() gives what seal() was given", async (t) => {
  const key = await keyOf(1);
  for (const [what, text] of TEXTS) {
    await t.step(what, async () => {
      const sealed = await seal(key, BOUND, text, countingRandom());
      assert.equal(await unseal(key, BOUND, sealed), text);
    });
  }
});

Deno.test("seal() uses a fresh nonce of 96 bits and hides the text", async () => {
  const key = await keyOf(1);
  const random = countingRandom();
  const first = await seal(key, BOUND, "sk-canary", random);
  const second = await seal(key, BOUND, "sk-canary", random);
  assert.notEqual(first.nonce, second.nonce);
  assert.notEqual(first.data, second.data);
  assert.equal(Uint8Array.fromBase64(first.nonce).length, 12);
  assert.equal(Uint8Array.fromBase64(first.data).length, "sk-canary".length + 16);
  assert.ok(!new TextDecoder().decode(Uint8Array.fromBase64(first.data)).includes("canary"));
});

const OTHER_BOUNDS: [what: string, bound: Json][] = [
  ["another name", { ...BOUND, name: "api-key:google" }],
  ["another field", { ...BOUND, entry: { kind: "api-key", n: 2 } }],
  ["a number as text", { ...BOUND, entry: { kind: "api-key", n: "1" } }],
  ["one field more", { ...BOUND, more: null }],
  ["one field less", { vault: "v", name: "api-key:openai" }],
  ["nothing", {}],
];

Deno.test("unseal() gives nothing when something else is bound", async (t) => {
  const key = await keyOf(1);
  const sealed = await seal(key, BOUND, "text", countingRandom());
  for (const [what, bound] of OTHER_BOUNDS) {
    await t.step(what, async () => assert.equal(await unseal(key, bound, sealed), undefined));
  }
  await t.step("but the order of the fields does not matter", async () => {
    const { vault, name, entry: { kind, n } } = BOUND;
    assert.equal(await unseal(key, { entry: { n, kind }, name, vault }, sealed), "text");
  });
});

const SPOILT: [what: string, spoil: (sealed: Sealed) => Sealed][] = [
  ["an empty nonce", (sealed) => ({ ...sealed, nonce: "" })],
  ["a longer nonce", (sealed) => ({ ...sealed, nonce: sealed.nonce + "AAAA" })],
  ["a shorter nonce", (sealed) => ({ ...sealed, nonce: sealed.nonce.slice(4) })],
  ["a nonce that is no base64", (sealed) => ({ ...sealed, nonce: "!".repeat(16) })],
  ["no data", (sealed) => ({ ...sealed, data: "" })],
  ["data without its padding", (sealed) => ({ ...sealed, data: sealed.data.replace(/=+$/, "") })],
  ["data with a bit in its padding", (sealed) => ({ ...sealed, data: withPaddingBit(sealed.data) })],
  ["less data", (sealed) => ({ ...sealed, data: sealed.data.slice(4) })],
  ["more data", (sealed) => ({ ...sealed, data: "AAAA" + sealed.data })],
  ["another alphabet", (sealed) => ({ ...sealed, data: "__--" + sealed.data.slice(4) })],
];

Deno.test("unseal() gives nothing for a sealed part that was changed", async (t) => {
  const key = await keyOf(1);
  // 9 bytes and the tag are 25: one more than a multiple of three, so the base64 is padded.
  const sealed = await seal(key, BOUND, "nine byte", countingRandom());
  for (const [what, spoil] of SPOILT) {
    await t.step(what, async () => {
      const bad = spoil(sealed);
      assert.notDeepEqual(bad, sealed);
      assert.equal(await unseal(key, BOUND, bad), undefined);
    });
  }
});

Deno.test("unseal() gives nothing under another key", async () => {
  const sealed = await seal(await keyOf(1), BOUND, "text", countingRandom());
  assert.equal(await unseal(await keyOf(2), BOUND, sealed), undefined);
});

Deno.test("importKey() wipes the bytes and gives a key that can't be read", async () => {
  const bytes = new Uint8Array(32).fill(9);
  const key = await importKey(bytes);
  assert.deepEqual(bytes, new Uint8Array(32));
  assert.equal(key.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("raw", key));
});

const CANONICAL: [value: Json, text: string][] = [
  [{ b: 1, a: [true, null, "x"] }, '{"a":[true,null,"x"],"b":1}'],
  [{ 'q"': { z: "", "": 0.5 } }, '{"q\\"":{"":0.5,"z":""}}'],
  [[], "[]"],
  [{}, "{}"],
  [null, "null"],
  ["\u2028\n", JSON.stringify("\u2028\n")],
];

Deno.test("canonical() writes a value in one way", async (t) => {
  for (const [value, text] of CANONICAL) await t.step(text, () => assert.equal(canonical(value), text));
  await t.step("and parses to the same value", () => {
    for (const [value, text] of CANONICAL) assert.deepEqual(JSON.parse(text), value);
  });
});

/** The base64 of the same bytes, but with a bit set that no byte uses. */
function withPaddingBit(base64: string): string {
  const bytes = Uint8Array.fromBase64(base64);
  const last = base64.at(-3)!;
  const other = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].find((char) => {
    const changed = base64.slice(0, -3) + char + "==";
    return char !== last && Uint8Array.fromBase64(changed).toHex() === bytes.toHex();
  });
  return base64.slice(0, -3) + other + "==";
}
