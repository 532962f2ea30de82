import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { Secret } from "../../../lib/secret.ts";
import { type Acceptable, adopt } from "../../../lib/vault/adopt.ts";
import { fails } from "../../support/failure.ts";
import { namesIn, vaultBox } from "../../support/vault_box.ts";

interface Row {
  /** What the vault has before. */
  readonly has?: Readonly<Record<string, string>>;
  readonly adopt: readonly [name: string, value: string][];
  readonly kept: readonly string[];
  readonly different?: readonly string[];
  readonly after: Readonly<Record<string, string>>;
}

const ROWS: Readonly<Record<string, Row>> = {
  "into no vault": {
    adopt: [["openai", "1"], ["yi", "2"]],
    kept: ["1", "2"],
    after: { openai: "1", yi: "2" },
  },
  "beside others": {
    has: { google: "g" },
    adopt: [["yi", "2"]],
    kept: ["2"],
    after: { google: "g", yi: "2" },
  },
  "what is there": { has: { openai: "1" }, adopt: [["openai", "1"]], kept: ["1"], after: { openai: "1" } },
  "another value": {
    has: { openai: "0" },
    adopt: [["openai", "1"]],
    kept: [],
    different: ["1"],
    after: { openai: "0" },
  },
  "a value that begins as the other": {
    has: { openai: "12" },
    adopt: [["openai", "1"]],
    kept: [],
    different: ["1"],
    after: { openai: "12" },
  },
  "one of each": {
    has: { openai: "0", google: "g" },
    adopt: [["openai", "1"], ["google", "g"], ["yi", "2"]],
    kept: ["g", "2"],
    different: ["1"],
    after: { openai: "0", google: "g", yi: "2" },
  },
  "one value twice": { adopt: [["openai", "1"], ["openai", "1"]], kept: ["1", "1"], after: { openai: "1" } },
  "odd names": {
    adopt: [["__proto__", "1"], ["a:b", "2"]],
    kept: ["1", "2"],
    after: { ["__proto__"]: "1", "a:b": "2" },
  },
};

Deno.test("adopt() stores what the vault does not have, and overwrites nothing", async (t) => {
  for (const [what, row] of Object.entries(ROWS)) {
    await t.step(what, async () => {
      using box = vaultBox();
      for (const [name, value] of Object.entries(row.has ?? {})) await box.put("api-key", name, value);
      const { kept, different, problems } = await adopt(box.vault(), row.adopt.map(key));
      assert.deepEqual(kept.map(reveal), row.kept);
      assert.deepEqual(different.map(reveal), row.different ?? []);
      assert.deepEqual(problems, []);
      const names = box.vault().read().entries("api-key").good.map(({ name }) => name);
      assert.deepEqual(names, Object.keys(row.after).sort());
      for (const [name, value] of Object.entries(row.after)) {
        assert.equal(await box.open("api-key", name), value);
      }
    });
  }
});

Deno.test("adopt() keeps the first of two values for one name, as if they came one after the other", async () => {
  using box = vaultBox();
  const { kept, different } = await adopt(box.vault(), [key(["openai", "1"]), key(["openai", "2"])]);
  assert.deepEqual([kept.map(reveal), different.map(reveal)], [["1"], ["2"]]);
  assert.equal(await box.open("api-key", "openai"), "1");
});

Deno.test("adopt() tells keys and logins of one name apart, and keeps what stands in the clear", async () => {
  using box = vaultBox();
  const login: Acceptable = {
    kind: "login",
    name: "openai",
    secret: new Secret("l"),
    fields: { expiresAt: "2027-01-02T03:04:05Z", renewable: true },
  };
  await adopt(box.vault(), [key(["openai", "k"]), login]);
  assert.equal(await box.open("api-key", "openai"), "k");
  assert.equal(await box.open("login", "openai"), "l");
  const contents = box.vault().read();
  const { expiresAt, renewable } = contents.entry("login", "openai")!.fields;
  assert.deepEqual([expiresAt, renewable], ["2027-01-02T03:04:05Z", true]);
  const { fields } = contents.entry("api-key", "openai")!;
  assert.deepEqual(["expiresAt" in fields, "renewable" in fields], [false, false]);
});

Deno.test("adopt() writes nothing when everything is there", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "1");
  const { ino } = Deno.statSync(box.home.vault);
  await adopt(box.vault(), [key(["openai", "1"])]);
  assert.equal(Deno.statSync(box.home.vault).ino, ino);
});

Deno.test("adopt() of nothing touches nothing, not even without a key", async () => {
  using box = vaultBox();
  assert.deepEqual(await adopt(box.vault(), []), { kept: [], different: [], problems: [] });
  assert.throws(() => Deno.lstatSync(box.home.folder), Deno.errors.NotFound);
  await box.put("api-key", "openai", "1");
  Deno.removeSync(box.home.machineKey);
  await adopt(box.vault(), []);
});

Deno.test("adopt() reports a damaged entry and goes on with the others", async (t) => {
  for (const damage of [7, null, {}, "x"]) {
    await t.step(JSON.stringify(damage), async () => {
      using box = vaultBox();
      await box.put("api-key", "openai", "1");
      box.tamper((entries) => entries.set("api-key:openai", damage));
      const done = await adopt(box.vault(), [key(["openai", "1"]), key(["yi", "2"])]);
      assert.deepEqual([done.kept.map(reveal), done.different], [["2"], []]);
      assert.match(
        done.problems.join(),
        /^Cannot open the stored key of openai: it is damaged/,
      );
    });
  }
});

Deno.test("adopt() fails, and stores nothing, when the key can't be had", async () => {
  using box = vaultBox();
  await box.put("api-key", "openai", "1");
  const before = box.bytes();
  Deno.removeSync(box.home.machineKey);
  const error = await fails("keystore_unavailable", () => adopt(box.vault(), [key(["yi", "2"])]));
  assert.ok(error instanceof AppError);
  assert.deepEqual(box.bytes(), before);
  assert.deepEqual(namesIn(box.home.folder), ["vault.json", "vault.lock"]);
});

function key([name, value]: readonly [string, string]): Acceptable {
  return { kind: "api-key", name, secret: new Secret(value) };
}

function reveal({ secret }: Acceptable): string {
  return secret.reveal();
}
