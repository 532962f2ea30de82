import assert from "node:assert/strict";
import {
  putLogin,
  readLogin,
  replaceLogin,
  type StoredLogin,
  withLoginLock,
} from "../../../lib/oauth/stored_login.ts";
import type { Secret } from "../../../lib/secret.ts";
import type { EntryKind } from "../../../lib/vault/envelope.ts";
import { isHeld } from "../../../lib/vault/lock.ts";
import { fails } from "../../support/failure.ts";
import {
  BreakableVault,
  HOUR,
  ID,
  MINUTE,
  type RefreshBox,
  refreshBox,
  shown,
} from "../../support/refresh_box.ts";
import { realRandom } from "../../support/real_random.ts";
import { grantOf } from "../../support/scripted_service.ts";
import { beside, namesIn, vaultBox } from "../../support/vault_box.ts";

Deno.test("readLogin() gives nothing where nothing is", async () => {
  using box = vaultBox();
  assert.equal(await readLogin(box.vault(), ID), undefined);
  await box.put("api-key", ID, "sk-1");
  assert.equal(await readLogin(box.vault(), ID), undefined);
});

/** A vault in which something happens just before an entry is opened, once. */
class RestlessVault extends BreakableVault {
  meanwhile: (() => Promise<unknown>) | undefined;

  override async open(kind: EntryKind, name: string): Promise<Secret | undefined> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    return await super.open(kind, name);
  }
}

const MEANWHILE: [what: string, work: (box: RefreshBox) => Promise<unknown>, number: number | undefined][] = [
  ["logged in anew", (box) => box.logIn(1, HOUR), 1],
  ["logged out", (box) => box.logOut(), undefined],
  ["logged out and in", (box) => box.logOut().then(() => box.logIn(1, HOUR)), 1],
  ["removed the vault", ({ home }) => Deno.remove(home.vault), undefined],
  ["stored something else", (box) => box.put("api-key", "openai", "sk-1"), 0],
];

Deno.test("readLogin() gives one state of the file, when somebody meanwhile …", async (t) => {
  for (const [what, work, number] of MEANWHILE) {
    await t.step(what, async () => {
      using box = await refreshBox(MINUTE);
      const system = { now: () => box.time, random: realRandom };
      const vault = new RestlessVault(box.home, box.keyStores(box.home), system);
      vault.meanwhile = () => work(box);
      const stored = await readLogin(vault, ID);
      const grant = number === undefined
        ? undefined
        : grantOf(number, box.time + (number === 0 ? MINUTE : HOUR));
      assert.deepEqual(stored && shown(stored), grant && shown(grant));
      assert.deepEqual(stored?.entry, stored && box.entry());
    });
  }
});

Deno.test("readLogin() tells of a damaged login", async (t) => {
  for (const entry of [5, null, [], {}, { nonce: "", data: "" }, "x"]) {
    await t.step(JSON.stringify(entry), async () => {
      using box = await refreshBox(MINUTE);
      box.tamper((entries) => entries.set(`login:${ID}`, entry));
      const { hint } = await fails("vault_damaged", () => readLogin(box.vault(), ID));
      assert.equal(hint, `agentgazer logout ${ID}`);
    });
  }
});

const CHANGED: [what: string, work: (box: RefreshBox) => Promise<unknown>][] = [
  ["logged in anew", (box) => box.logIn(1, HOUR)],
  ["stored the same later", (box) => {
    box.time += 1;
    return box.logIn(0, MINUTE - 1);
  }],
  ["changed what stands in the clear alone", (box) => box.logIn(0, MINUTE, { plan: "plus" })],
  ["logged out", (box) => box.logOut()],
  ["removed the vault", ({ home }) => Deno.remove(home.vault)],
];

Deno.test("replaceLogin() replaces nothing, and makes nothing, after somebody …", async (t) => {
  for (const [what, work] of CHANGED) {
    await t.step(what, async () => {
      using box = await refreshBox(MINUTE);
      const before = (await box.read())!;
      await work(box);
      const [token, names] = [await box.token(), namesIn(box.home.folder)];
      assert.equal(await replaceLogin(box.vault(), ID, before, grantOf(2, box.time)), false);
      assert.deepEqual([await box.token(), namesIn(box.home.folder)], [token, names]);
    });
  }
});

Deno.test("replaceLogin() replaces the login that it is given, whatever else changed", async () => {
  using box = await refreshBox(MINUTE);
  const before = (await box.read())!;
  await box.put("api-key", "openai", "sk-1");
  assert.equal(await replaceLogin(box.vault(), ID, before, grantOf(2, box.time)), true);
  assert.deepEqual(shown((await box.read())!), shown(grantOf(2, box.time)));
  assert.equal(box.entry().createdAt, before.entry.createdAt);
  assert.equal(await box.open("api-key", "openai"), "sk-1");
  const stale: StoredLogin = before;
  assert.equal(await replaceLogin(box.vault(), ID, stale, grantOf(3, box.time)), false);
});

Deno.test("putLogin() takes the place of whatever is there, also of a damaged one", async (t) => {
  const before: [what: string, make: (box: RefreshBox) => unknown][] = [
    ["nothing", ({ home }) => Deno.removeSync(home.folder, { recursive: true })],
    ["a login", () => {}],
    ["a damaged login", ({ tamper }) => tamper((entries) => entries.set(`login:${ID}`, 5))],
  ];
  for (const [what, make] of before) {
    await t.step(what, async () => {
      using box = await refreshBox(MINUTE);
      make(box);
      await putLogin(box.vault(), box.home, ID, grantOf(4, box.time));
      assert.deepEqual(shown((await box.read())!), shown(grantOf(4, box.time)));
    });
  }
});

Deno.test("withLoginLock() holds one login alone, and frees it when the work throws", async () => {
  using box = vaultBox();
  const path = beside(box.home, `refresh-${ID}.lock`);
  const work = withLoginLock(box.home, ID, () => {
    assert.deepEqual([isHeld(path), isHeld(box.home.lock)], [true, false]);
    assert.deepEqual(namesIn(box.home.folder), [`refresh-${ID}.lock`]);
    throw new RangeError("of the test");
  });
  await assert.rejects(work, RangeError);
  assert.equal(isHeld(path), false);
});

Deno.test("withLoginLock() gives up when another process holds the login for over ninety seconds", async () => {
  using box = vaultBox();
  const unreachable = () => Promise.reject(new Error("the work must not begin"));
  const now = performance.now();
  await withLoginLock(box.home, ID, async () => {
    let reads = 0;
    // Every look at the clock is 20 seconds after the one before.
    performance.now = () => now + 20_000 * reads++;
    try {
      const { message } = await fails("vault_unavailable", () => withLoginLock(box.home, ID, unreachable));
      assert.match(message, /another agentgazer has held it for 90 seconds$/);
      assert.ok(reads > 4);
    } finally {
      Reflect.deleteProperty(performance, "now");
    }
  });
});
