import assert from "node:assert/strict";
import { AppError, exitCode } from "../../../lib/errors.ts";
import { type Envelope, parseEnvelope } from "../../../lib/vault/envelope.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
import { importKey, seal } from "../../../lib/vault/seal.ts";
import { fails } from "../../support/failure.ts";
import { countingRandom } from "../../support/fake_system.ts";
import { type VaultBox, vaultBox } from "../../support/vault_box.ts";

const VALUES = new Map([["openai", "sk-test-of-openai"], ["google", "AIza-test-of-google"]]);

/** What someone does who may write to the file, and the entries that must not open after it. */
interface Tampering {
  readonly what: string;
  readonly edit: (entries: Map<string, Json>, envelope: Envelope) => void;
  readonly damaged: readonly string[];
}

const TAMPERINGS: readonly Tampering[] = [
  {
    what: "swaps two sealed parts",
    edit(entries) {
      const [openai, google] = [field(entries, "openai"), field(entries, "google")];
      entries.set("api-key:openai", { ...openai, nonce: google.nonce!, data: google.data! });
      entries.set("api-key:google", { ...google, nonce: openai.nonce!, data: openai.data! });
    },
    damaged: ["openai", "google"],
  },
  {
    what: "swaps two whole entries",
    edit(entries) {
      const [openai, google] = [field(entries, "openai"), field(entries, "google")];
      entries.set("api-key:openai", google).set("api-key:google", openai);
    },
    damaged: ["openai", "google"],
  },
  {
    what: "copies an entry under another name",
    edit: (entries) => entries.set("api-key:yi", field(entries, "openai")),
    damaged: ["yi"],
  },
  {
    what: "changes the time of an entry",
    edit: (entries) => change(entries, "openai", { updatedAt: "2030-01-01T00:00:00.000Z" }),
    damaged: ["openai"],
  },
  {
    what: "writes the same time in another way",
    edit: (entries) => change(entries, "openai", { updatedAt: "2027-01-02T03:04:05Z" }),
    damaged: ["openai"],
  },
  {
    what: "adds clear metadata",
    edit: (entries) => change(entries, "google", { region: "cn" }),
    damaged: ["google"],
  },
  {
    what: "edits clear metadata",
    edit: (entries) => change(entries, "google", { tier: "paid" }),
    damaged: ["google"],
  },
  {
    what: "changes the kind inside",
    edit: (entries) => change(entries, "openai", { kind: "login" }),
    damaged: ["openai"],
  },
  {
    what: "flips a bit of the tag",
    edit(entries) {
      const data = Uint8Array.fromBase64(String(field(entries, "openai").data));
      data[data.length - 1]! ^= 1;
      change(entries, "openai", { data: data.toBase64() });
    },
    damaged: ["openai"],
  },
  {
    what: "empties the sealed part",
    edit: (entries) => change(entries, "openai", { nonce: "", data: "" }),
    damaged: ["openai"],
  },
];

Deno.test("Vault.open() refuses an entry that was tampered with, and opens the others", async (t) => {
  for (const { what, edit, damaged } of TAMPERINGS) {
    await t.step(`when someone ${what}`, async () => {
      using box = await filledBox();
      box.tamper(edit);
      const before = box.bytes();
      for (const name of damaged) {
        const { message } = await fails("vault_damaged", () => box.open("api-key", name));
        assert.ok(message.includes(`stored key of ${name}: it is damaged`), message);
      }
      for (const [name, value] of VALUES) {
        if (!damaged.includes(name)) assert.equal(await box.open("api-key", name), value);
      }
      assert.deepEqual(box.bytes(), before);
    });
  }
});

Deno.test("Vault.open() refuses an entry that was moved to another kind", async () => {
  using box = await filledBox();
  box.tamper((entries) => {
    entries.set("login:openai", { ...field(entries, "openai"), kind: "login" });
    entries.delete("api-key:openai");
  });
  await fails("vault_damaged", () => box.open("login", "openai"));
  assert.equal(await box.open("api-key", "openai"), undefined);
  assert.equal(await box.open("api-key", "google"), VALUES.get("google"));
});

Deno.test("Vault.open() refuses the entry of another vault under the same machine key", async () => {
  using box = await filledBox();
  const foreign = field(new Map(parseEnvelope(box.bytes(), "").entries), "openai");
  Deno.removeSync(box.home.vault);
  await fill(box);
  box.tamper((entries) => entries.set("api-key:openai", foreign));
  await fails("vault_damaged", () => box.open("api-key", "openai"));
  assert.equal(await box.open("api-key", "google"), VALUES.get("google"));
});

const BINDINGS: [what: string, changed: { readonly [field: string]: Json }, opens: boolean][] = [
  ["this vault and version", {}, true],
  ["another version", { version: 2 }, false],
  ["another vault", { vault: "12345678-1234-4234-8234-123456789abc" }, false],
  ["another format", { format: "other" }, false],
];

Deno.test("Vault.open() takes only an entry that is bound to this vault and version", async (t) => {
  for (const [what, changed, opens] of BINDINGS) {
    await t.step(what, async () => {
      using box = await filledBox();
      const { id, key } = parseEnvelope(box.bytes(), "");
      const found = await box.keyStores(box.home).forRecord(key).open(id, key);
      assert.ok(found.state === "found");
      const { nonce: _, data: __, ...fields } = field(
        new Map(parseEnvelope(box.bytes(), "").entries),
        "openai",
      );
      const bound = {
        format: "agentgazer-vault",
        version: 1,
        vault: id,
        name: "api-key:openai",
        entry: fields,
      };
      const sealed = await seal(
        await importKey(found.key),
        { ...bound, ...changed },
        "planted",
        countingRandom(),
      );
      box.tamper((entries) => entries.set("api-key:openai", { ...fields, ...sealed }));
      if (opens) assert.equal(await box.open("api-key", "openai"), "planted");
      else await fails("vault_damaged", () => box.open("api-key", "openai"));
      assert.equal(await box.open("api-key", "google"), VALUES.get("google"));
    });
  }
});

Deno.test("Vault refuses a newer version, to read and to write, and leaves the file as it is", async () => {
  using box = await filledBox();
  const newer = new TextDecoder().decode(box.bytes()).replace('"version": 1,', '"version": 2,');
  box.write(new TextEncoder().encode(newer));
  for (const work of [() => box.open("api-key", "openai"), () => box.put("api-key", "openai", "x")]) {
    assert.match((await fails("vault_damaged", work)).message, /newer agentgazer/);
  }
  assert.equal(new TextDecoder().decode(box.bytes()), newer);
});

Deno.test("Vault.change() does not write over a damaged file", async () => {
  using box = await filledBox();
  const half = box.bytes().slice(0, 300);
  box.write(half);
  await fails("vault_damaged", () => box.put("api-key", "openai", "x"));
  assert.deepEqual(box.bytes(), half);
});

Deno.test("Vault gives the right value or an error for every truncated file", async () => {
  using box = await filledBox();
  const whole = box.bytes();
  for (let length = 0; length < whole.length; length++) await checkSpoilt(box, whole.slice(0, length));
});

for (const mask of [0x01, 0x02, 0x20, 0x80]) {
  Deno.test(`Vault gives the right value or an error whichever byte is flipped by ${mask}`, async () => {
    using box = await filledBox();
    const whole = box.bytes();
    for (let at = 0; at < whole.length; at++) {
      const spoilt = whole.slice();
      spoilt[at]! ^= mask;
      await checkSpoilt(box, spoilt);
    }
  });
}

async function checkSpoilt(box: VaultBox, spoilt: Uint8Array): Promise<void> {
  box.write(spoilt);
  for (const [name, value] of VALUES) {
    try {
      assert.equal(await box.open("api-key", name), value);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      assert.ok([5, 6, 8].includes(exitCode(error.code)), error.message);
    }
  }
  assert.deepEqual(box.bytes(), spoilt);
}

async function filledBox(): Promise<VaultBox> {
  const box = vaultBox();
  await fill(box);
  return box;
}

async function fill(box: VaultBox): Promise<void> {
  for (const [name, value] of VALUES) await box.put("api-key", name, value, { tier: "free" });
}

function field(entries: ReadonlyMap<string, Json>, name: string): { readonly [field: string]: Json } {
  const { kind, ...rest } = entries.get(`api-key:${name}`) as { readonly [field: string]: Json };
  return { kind: kind!, ...rest };
}

function change(entries: Map<string, Json>, name: string, fields: { readonly [field: string]: Json }): void {
  entries.set(`api-key:${name}`, { ...field(entries, name), ...fields });
}
