import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Secret } from "../../../lib/secret.ts";
import {
  type Client,
  clientFields,
  clientsIn,
  isExpired,
  newToken,
  parseClient,
  tokenDigest,
} from "../../../lib/vault/client.ts";
import type { Entry } from "../../../lib/vault/contents.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
import { fails } from "../../support/failure.ts";
import { countingRandom } from "../../support/fake_system.ts";
import { vaultBox } from "../../support/vault_box.ts";

const TIME = "2027-01-02T03:04:05.000Z";
const TOKEN = new Secret("agz_test");
const RIGHTS = { allow: ["openai"], expiresAt: TIME, minting: true };

function entryWith(fields: { readonly [field: string]: Json }): Entry {
  const clear = { ...clientFields(RIGHTS, TOKEN), ...fields };
  return {
    kind: "client",
    name: "ci",
    fields: { ...clear, kind: "client", createdAt: TIME, updatedAt: TIME },
  };
}

Deno.test("newToken() makes tokens of 256 bits that are safe in a header, a URL and a shell", () => {
  const random = countingRandom();
  const [first, second] = [newToken(random).reveal(), newToken(random).reveal()];
  assert.match(first, /^agz_[A-Za-z0-9_-]{43}$/);
  assert.notEqual(first, second);
});

Deno.test("newToken() asks for 32 bytes of chance, and uses them all", () => {
  const asked: number[] = [];
  const token = newToken((length) => {
    asked.push(length);
    return Uint8Array.from({ length }, (_, i) => 255 - i);
  });
  assert.deepEqual(asked, [32]);
  const bytes = Uint8Array.fromBase64(token.reveal().slice(4), { alphabet: "base64url" });
  assert.deepEqual([...bytes], Array.from({ length: 32 }, (_, i) => 255 - i));
});

Deno.test("tokenDigest() is SHA-256, of the same length for every token", () => {
  for (const token of ["", "agz_x", "ü".repeat(1000)]) {
    const digest = tokenDigest(token);
    assert.equal(digest.toHex(), createHash("sha256").update(token, "utf8").digest("hex"));
    assert.equal(digest.length, 32);
  }
});

Deno.test("clientFields() holds the digest and not the token", () => {
  const text = JSON.stringify(clientFields(RIGHTS, TOKEN));
  assert.ok(!text.includes("agz_test"));
  assert.ok(text.includes(tokenDigest("agz_test").toHex()));
});

const GOOD: [what: string, fields: { readonly [field: string]: Json }][] = [
  ["a limited one", {}],
  ["one that may use all", { allow: null }],
  ["one that may use nothing", { allow: [] }],
  ["one that never expires", { expiresAt: null }],
  ["one that may not mint", { minting: false }],
  ["one with a field of a newer program", { note: "x" }],
];

Deno.test("parseClient() gives what clientFields() made", async (t) => {
  for (const [what, fields] of GOOD) {
    await t.step(what, () => {
      const { allow, expiresAt, minting } = { ...RIGHTS, ...fields };
      const digest = tokenDigest("agz_test");
      const client = { name: "ci", createdAt: TIME, digest, allow, expiresAt, minting };
      assert.deepEqual({ ...parseClient(entryWith(fields)), digest }, client);
      assert.equal(parseClient(entryWith(fields)).digest.toHex(), digest.toHex());
    });
  }
});

const DIGEST = tokenDigest("agz_test").toHex();

const BAD: [what: string, fields: { readonly [field: string]: Json }][] = [
  ["no digest", { digest: null }],
  ["an empty digest", { digest: "" }],
  ["half a digest", { digest: DIGEST.slice(32) }],
  ["a longer digest", { digest: DIGEST + "00" }],
  ["a digest with a line end", { digest: DIGEST + "\n" }],
  ["an upper case digest", { digest: "A".repeat(64) }],
  ["allow as a string", { allow: "openai" }],
  ["allow as true", { allow: true }],
  ["allow with a number", { allow: ["openai", 1] }],
  ["minting as a string", { minting: "false" }],
  ["minting as null", { minting: null }],
  ["an end that is no time", { expiresAt: "soon" }],
  ["an empty end", { expiresAt: "" }],
  ["an end as a number", { expiresAt: 0 }],
  ["an end that is false", { expiresAt: false }],
];

Deno.test("parseClient() refuses an entry that is not complete, so that nobody gets in by it", async (t) => {
  for (const [what, fields] of BAD) {
    await t.step(what, async () => {
      const { hint } = await fails("vault_damaged", () => parseClient(entryWith(fields)));
      assert.match(hint!, /^agentgazer clients remove ci/);
    });
  }
  for (const field of ["digest", "allow", "expiresAt", "minting"]) {
    await t.step(`without ${field}`, async () => {
      const { kind, name, fields } = entryWith({});
      const less = Object.fromEntries(Object.entries(fields).filter(([one]) => one !== field));
      await fails("vault_damaged", () => parseClient({ kind, name, fields: less as typeof fields }));
    });
  }
});

Deno.test("clientsIn() sorts by name and keeps the damaged ones apart", async () => {
  using box = vaultBox();
  for (const name of ["zoe", "ada", "bad", "worse"]) {
    await box.put("client", name, "agz_test", clientFields(RIGHTS, TOKEN));
  }
  await box.put("api-key", "openai", "sk-test");
  box.tamper((entries) => {
    entries.set("client:worse", null);
    entries.set("client:bad", { ...entries.get("client:bad") as { [field: string]: Json }, digest: "x" });
  });
  const { good, damaged } = clientsIn(box.vault().read());
  assert.deepEqual(good.map(({ name }) => name), ["ada", "zoe"]);
  assert.deepEqual([...damaged].sort(), ["bad", "worse"]);
});

const ENDS: [expiresAt: string | null, expired: boolean][] = [
  [null, false],
  ["2027-01-02T03:04:05.001Z", false],
  [TIME, true],
  ["1970-01-01T00:00:00Z", true],
];

Deno.test("isExpired() is true from the given moment on", async (t) => {
  for (const [expiresAt, expired] of ENDS) {
    await t.step(`${expiresAt} ${expired ? "is over" : "is not over"}`, () => {
      const client: Client = {
        name: "ci",
        createdAt: TIME,
        digest: new Uint8Array(32),
        ...RIGHTS,
        expiresAt,
      };
      assert.equal(isExpired(client, Date.parse(TIME)), expired);
    });
  }
});
