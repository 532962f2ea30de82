import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { openLegacyFile } from "../../../lib/vault/legacy.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { LEGACY_IDENTITY, legacyFile } from "../../support/legacy_file.ts";

const PLAINTEXT = '{"com.agentgazer.provider":{"openai":"sk-1"}}';

const good = JSON.parse(legacyFile(PLAINTEXT));

const ENVELOPES: [what: string, file: string][] = [
  ["nothing", ""],
  ["no JSON", CANARY],
  ["half a file", legacyFile(PLAINTEXT).slice(0, -20)],
  ["null", "null"],
  ["an array", JSON.stringify([good])],
  ["a text", JSON.stringify(CANARY)],
  ["a number", "1"],
  ["version 2", JSON.stringify({ ...good, version: 2 })],
  ["version 0", JSON.stringify({ ...good, version: 0 })],
  ["a version in quotes", JSON.stringify({ ...good, version: "1" })],
  ["no version", JSON.stringify({ ...good, version: undefined })],
  ...["iv", "tag", "ciphertext"].flatMap((name): [string, string][] => [
    [`no ${name}`, JSON.stringify({ ...good, [name]: undefined })],
    [`an empty ${name}`, JSON.stringify({ ...good, [name]: "" })],
    [`${name}: null`, JSON.stringify({ ...good, [name]: null })],
    [`${name}: a number`, JSON.stringify({ ...good, [name]: 5 })],
    [`${name}: a list`, JSON.stringify({ ...good, [name]: [good[name]] })],
    [`${name} of half a byte less`, JSON.stringify({ ...good, [name]: good[name].slice(1) })],
    [`${name} with other letters`, JSON.stringify({ ...good, [name]: "zz" + good[name].slice(2) })],
    [`${name} in base64`, JSON.stringify({ ...good, [name]: btoa(good[name]) + "==" })],
    [`${name} with white space`, JSON.stringify({ ...good, [name]: ` ${good[name]}\n` })],
  ]),
  ["a tag of four bytes", JSON.stringify({ ...good, tag: good.tag.slice(0, 8) })],
  ["a tag of fifteen bytes", JSON.stringify({ ...good, tag: good.tag.slice(0, 30) })],
  ["a tag of seventeen bytes", JSON.stringify({ ...good, tag: good.tag + "00" })],
  ["an iv of sixteen bytes", JSON.stringify({ ...good, iv: good.iv + "00000000" })],
  ["100,000 levels", '{"version":'.repeat(100_000)],
];

Deno.test("openLegacyFile() refuses what is no such file, and repeats none of it", async (t) => {
  for (const [what, file] of ENVELOPES) {
    await t.step(what, () => {
      try {
        assert.fail(`it opened: ${open(file)}`);
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
        assert.ok(["usage", "key_mismatch"].includes(error.code), error.code);
        assertNoCanary(error.message + error.hint, "the message");
      }
    });
  }
});

Deno.test("openLegacyFile() gives the same or fails in its own words, whichever byte is changed", () => {
  const file = new TextEncoder().encode(JSON.stringify(JSON.parse(legacyFile("{}"))));
  for (const at of file.keys()) {
    for (const bit of [0x01, 0x80]) {
      const changed = file.with(at, file[at]! ^ bit);
      try {
        assert.deepEqual(openLegacyFile(changed, LEGACY_IDENTITY, undefined, "x"), []);
      } catch (error) {
        assert.ok(error instanceof AppError, `byte ${at}: ${error}`);
      }
    }
  }
});

function open(file: string): unknown {
  return openLegacyFile(new TextEncoder().encode(file), LEGACY_IDENTITY, undefined, "/x/secrets.enc");
}
