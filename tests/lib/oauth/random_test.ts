import assert from "node:assert/strict";
import { randomToken } from "../../../lib/oauth/random.ts";
import { countingRandom } from "../../support/fake_system.ts";

/** A token of 32 bytes that are all the same. */
const tokenOf = (byte: number) => randomToken({ random: (length) => new Uint8Array(length).fill(byte) });

Deno.test("randomToken() writes 256 random bits with the letters of RFC 7636", async (t) => {
  await t.step("asks for 32 bytes, once", () => {
    const asked: number[] = [];
    randomToken({
      random(length) {
        asked.push(length);
        return new Uint8Array(length);
      },
    });
    assert.deepEqual(asked, [32]);
  });
  await t.step("zeros", () => assert.equal(tokenOf(0), "A".repeat(43)));
  await t.step("ones, which are _ in base64url", () => assert.equal(tokenOf(0xff), "_".repeat(42) + "8"));
  await t.step("- in base64url", () => assert.equal(tokenOf(0xfb), "-_v7".repeat(10) + "-_s"));
  await t.step("many", () => {
    const random = countingRandom();
    const tokens = new Set(Array.from({ length: 1000 }, () => randomToken({ random })));
    assert.equal(tokens.size, 1000);
    for (const token of tokens) assert.match(token, /^[\w-]{43}$/);
  });
});
