import assert from "node:assert/strict";
import type { BackendName, Json } from "../../../lib/vault/keystore.ts";
import { exitOf, fails } from "../../support/failure.ts";
import type { FakeState } from "../../support/fake_keystore.ts";
import { filledBox } from "../../support/fake_vault_box.ts";

const DAMAGES: [what: string, damage: (entries: Map<string, Json>) => void][] = [
  ["an entry that is nothing", (entries) => entries.set("api-key:openai", null)],
  ["a name of another entry", (entries) => entries.set("api-key:openai", entries.get("client:default")!)],
  ["an entry under another name", (entries) => entries.set("api-key:yi", entries.get("api-key:openai")!)],
  ["a clear field", (entries) => {
    const entry = entries.get("client:default") as { readonly [field: string]: Json };
    entries.set("client:default", { ...entry, note: "edited" });
  }],
  ["a kind that is none", (entries) => entries.set("token:x", entries.get("client:default")!)],
  ["a cut text", (entries) => {
    const entry = entries.get("login:empty") as { readonly data: string };
    entries.set("login:empty", { ...entry, data: entry.data.slice(4) });
  }],
];

Deno.test("Vault.move() refuses while an entry is damaged, before it makes a key", async (t) => {
  for (const [what, damage] of DAMAGES) {
    await t.step(what, async () => {
      using box = await filledBox();
      box.tamper(damage);
      const text = box.text();
      const work = () => box.vault().move("keychain");
      await fails("vault_damaged", work);
      assert.equal(await exitOf(work), 8);
      assert.equal(box.text(), text);
      assert.deepEqual(box.keptBy(), ["machine"]);
      assert.ok(!box.keys.log.some((step) => /create|remove/.test(step)), box.keys.log.join());
    });
  }
});

const STATES = ["absent", "locked", "declined", "denied", "unavailable", "corrupt"] as const;

Deno.test("Vault.move() asks the new keystore only when the old one is open, and says what is wrong", async (t) => {
  const rows: [of: BackendName, states: readonly FakeState[], log: string[]][] = [
    ["machine", STATES, ["open machine"]],
    ["keychain", ["missing", ...STATES], ["open machine", "probe keychain"]],
  ];
  for (const [of, states, log] of rows) {
    for (const state of states) {
      await t.step(`${of} ${state}`, async () => {
        using box = await filledBox();
        const text = box.text();
        box.keys.stores[of].state = state;
        const { message, hint } = await fails("keystore_unavailable", () => box.vault().move("keychain"));
        assert.equal(message, `Cannot use ${of}: ${state}`);
        const { vault } = box.home;
        const lost = of === "machine" && (state === "absent" || state === "corrupt")
          ? `; if the key is lost: mv ${vault} ${vault}.lost, and store the keys again`
          : "";
        assert.equal(hint, `${state === "missing" ? "get" : "mend"} ${of}${lost}`);
        assert.equal(box.text(), text);
        assert.deepEqual(box.keys.log, log);
      });
    }
  }
});

Deno.test("Vault.move() says that the old key is still there when it can't be removed", async () => {
  using box = await filledBox();
  const before = await box.all();
  const { machine } = box.keys.stores;
  machine.before = (step) => {
    if (step === "remove") machine.state = "locked";
  };
  const moved = await box.vault().move("keychain");
  assert.deepEqual([moved?.from, moved?.leftover?.state], ["machine", "unavailable"]);
  assert.deepEqual(box.keptBy(), ["keychain", "machine"]);
  assert.deepEqual(await box.all(), before);
});
