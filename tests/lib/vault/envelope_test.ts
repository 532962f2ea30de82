import assert from "node:assert/strict";
import {
  damagedEntry,
  type Envelope,
  formatEnvelope,
  parseEnvelope,
  splitEntry,
} from "../../../lib/vault/envelope.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
import { fails } from "../../support/failure.ts";

const TIME = "2027-01-02T03:04:05.000Z";
const ENTRY = { kind: "api-key", createdAt: TIME, updatedAt: TIME, nonce: "AA==", data: "AA==" };
const ENVELOPE: Envelope = {
  id: "12345678-1234-4234-8234-123456789abc",
  key: { backend: "machine", salt: "AA==" },
  check: { nonce: "AA==", data: "AA==" },
  entries: new Map<string, Json>([["api-key:openai", ENTRY], ["client:default", { kind: "client" }]]),
};
const PATH = "/home/ada/.agentgazer/vault.json";

interface Root {
  [field: string]: unknown;
  key: { [field: string]: unknown };
  entries: { [name: string]: unknown };
}

function edited(edit: (root: Root) => void): Uint8Array {
  const root = JSON.parse(new TextDecoder().decode(formatEnvelope(ENVELOPE)));
  edit(root);
  return text(JSON.stringify(root));
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

Deno.test("parseEnvelope() gives what formatEnvelope() wrote, a damaged entry too", () => {
  assert.deepEqual(parseEnvelope(formatEnvelope(ENVELOPE), PATH), ENVELOPE);
});

Deno.test("parseEnvelope() takes an empty vault and one of an older key order", () => {
  const empty = { ...ENVELOPE, entries: new Map() };
  assert.deepEqual(parseEnvelope(formatEnvelope(empty), PATH), empty);
  const reversed = edited((root) => {
    const fields = Object.entries(root).reverse();
    for (const [name] of fields) delete root[name];
    for (const [name, value] of fields) root[name] = value;
  });
  assert.deepEqual(parseEnvelope(reversed, PATH), ENVELOPE);
});

const DAMAGE: [what: string, bytes: Uint8Array][] = [
  ["nothing", new Uint8Array()],
  ["zeros", new Uint8Array(100)],
  ["bytes that are no UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d)],
  ["half of it", formatEnvelope(ENVELOPE).subarray(0, 200)],
  ["text behind it", text(new TextDecoder().decode(formatEnvelope(ENVELOPE)) + "}")],
  ["null", text("null")],
  ["an array", text("[]")],
  ["a string", text('"agentgazer-vault"')],
  ["another JSON file", text('{"format":"other","version":1}')],
  ["no version", edited((root) => delete root.version)],
  ["a version as text", edited((root) => root.version = "1")],
  ["version 0", edited((root) => root.version = 0)],
  ["version 1.5", edited((root) => root.version = 1.5)],
  ["no id", edited((root) => delete root.id)],
  ["an id of another shape", edited((root) => root.id = "../../../../../../../../../etc/passwd")],
  ["no key", edited((root) => Object.assign(root, { key: undefined }))],
  ["a key that is null", edited((root) => Object.assign(root, { key: null }))],
  ["no check", edited((root) => delete root.key.check)],
  ["half a check", edited((root) => root.key.check = { nonce: "AA==" })],
  ["an unknown backend", edited((root) => root.key.backend = "memory")],
  ["a backend of the prototype", edited((root) => root.key.backend = "constructor")],
  ["no entries", edited((root) => Object.assign(root, { entries: undefined }))],
  ["entries as an array", edited((root) => Object.assign(root, { entries: [] }))],
  ["no names", edited((root) => delete root.names)],
  ["a lost entry", edited((root) => delete root.entries["client:default"])],
  ["an entry more", edited((root) => root.entries["api-key:google"] = ENTRY)],
];

Deno.test("parseEnvelope() refuses damage and says how to set the file aside", async (t) => {
  for (const [what, bytes] of DAMAGE) {
    await t.step(what, async () => {
      const { message, hint } = await fails("vault_damaged", () => parseEnvelope(bytes, PATH));
      assert.match(message, /^Cannot read \/home\/ada\/\.agentgazer\/vault\.json: it is damaged/);
      assert.ok(hint!.includes(`mv ${PATH} ${PATH}.damaged`), hint!);
    });
  }
});

Deno.test("parseEnvelope() quotes the path in the command", async () => {
  const { hint } = await fails("vault_damaged", () => parseEnvelope(text(""), "/home/it's me/vault.json"));
  assert.ok(
    hint!.includes(`mv '/home/it'\\''s me/vault.json' '/home/it'\\''s me/vault.json.damaged'`),
    hint!,
  );
});

Deno.test("parseEnvelope() leaves a newer version alone", async (t) => {
  for (const version of [2, 3, 1000]) {
    await t.step(String(version), async () => {
      const newer = text(JSON.stringify({ format: "agentgazer-vault", version, other: true }));
      const { message, hint } = await fails("vault_damaged", () => parseEnvelope(newer, PATH));
      assert.match(message, /a newer agentgazer wrote it/);
      assert.ok(!hint!.includes("mv "), hint!);
    });
  }
});

const BAD_ENTRIES: [what: string, entry: Json][] = [
  ["null", null],
  ["a string", "x"],
  ["an array", [ENTRY]],
  ["no nonce", { ...ENTRY, nonce: null }],
  ["data as a number", { ...ENTRY, data: 1 }],
  ["another kind", { ...ENTRY, kind: "login" }],
  ["an unknown kind", { ...ENTRY, kind: "api" }],
  ["no time", { ...ENTRY, createdAt: null }],
  ["a time that is none", { ...ENTRY, updatedAt: "yesterday" }],
];

Deno.test("splitEntry() separates the clear from the sealed part", async (t) => {
  const { nonce, data, ...fields } = ENTRY;
  assert.deepEqual(splitEntry("api-key:openai", ENTRY), { fields, sealed: { nonce, data } });
  for (const [what, entry] of BAD_ENTRIES) {
    await t.step(`refuses ${what}`, async () => {
      const { message } = await fails("vault_damaged", () => splitEntry("api-key:openai", entry));
      assert.equal(message, "Cannot open the stored key of openai: it is damaged");
    });
  }
});

const REMEDIES: [name: string, command: string][] = [
  ["api-key:openai", "agentgazer providers remove openai"],
  ["login:openai-oauth", "agentgazer logout openai-oauth"],
  ["client:ci", "agentgazer clients remove ci"],
];

Deno.test("damagedEntry() names the command that removes the entry", async (t) => {
  for (const [name, command] of REMEDIES) {
    await t.step(name, () => assert.ok(damagedEntry(name).hint!.startsWith(command)));
  }
});
