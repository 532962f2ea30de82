import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { noSession } from "../../backends/keychain_trouble.ts";
import { type AppError, exitCode } from "../../lib/errors.ts";
import { parseEnvelope } from "../../lib/vault/envelope.ts";
import { failureOf } from "../support/failure.ts";
import { atOnce, SERVICE } from "../support/keychain.ts";
import { type KeychainBox, keychainBox } from "../support/keychain_box.ts";
import type { Mode } from "../support/security/fixture.ts";
import { namesIn } from "../support/vault_box.ts";

/** How a Keychain that is there fails. */
const FAILING: [what: string, mode: Mode][] = [
  ["locked", "locked-headless"],
  ["denied", "denied"],
  ["declined", "declined"],
  ["unavailable", "headless-154"],
  ["without a default keychain", "no-default-keychain"],
];

const PUT = "sk-of-this-test-0123456789";

function attempts(box: KeychainBox): (() => Promise<unknown>)[] {
  return [
    () => box.vault().open("api-key", "openai"),
    () => box.vault().change((draft) => draft.remove("api-key", "openai")),
  ];
}

Deno.test("Vault keeps its key in the Keychain, and nothing of it in the file", async () => {
  using box = keychainBox();
  await box.put("openai", PUT);
  await box.put("google", "another");
  assert.equal(await box.open("openai"), PUT);
  assert.equal(await box.open("google"), "another");
  const { id, key } = parseEnvelope(box.bytes(), box.home.vault);
  const [item, ...others] = box.security.items();
  assert.deepEqual([item!.service, item!.account, others], [SERVICE, id, []]);
  assert.deepEqual([key.backend, key["chosen"]], ["keychain", "best"]);
  const text = Buffer.from(box.bytes()).toString();
  assert.ok(!text.includes(Buffer.from(item!.secret).toString().slice(5, 20)));
  assert.ok(!text.includes(PUT));
  assert.deepEqual(namesIn(box.home.folder), ["vault.json", "vault.lock"]);
});

Deno.test("Vault takes the machine's key file only where no Keychain is", async () => {
  using box = keychainBox({ isGraphical: false });
  await box.put("openai", PUT);
  const { key } = parseEnvelope(box.bytes(), box.home.vault);
  assert.deepEqual([key.backend, key["chosen"]], ["machine", noSession().why]);
  assert.deepEqual(box.security.calls(), []);

  using forced = keychainBox({ isGraphical: false, forced: "keychain" });
  await forced.put("openai", PUT);
  assert.equal(await forced.open("openai"), PUT);
  const record = parseEnvelope(forced.bytes(), forced.home.vault).key;
  assert.deepEqual([record.backend, record["chosen"]], ["keychain", "forced"]);
});

const NOT_MADE: [what: string, mode: Mode, forced?: string][] = [
  ...FAILING,
  ["without memory", "phantom-write"],
  ["locked, forced", "locked-headless", "keychain"],
  ["without memory, forced", "phantom-write", "keychain"],
];

Deno.test("Vault is not made, and no other keystore taken, when the Keychain fails", async (t) => {
  await atOnce(t, NOT_MADE, ([what]) => what, async ([, mode, forced]) => {
    using box = keychainBox({ mode, forced });
    const { code, message, hint }: AppError = await failureOf(() => box.put("openai", PUT));
    assert.equal(exitCode(code), 5);
    assert.match(message, /Keychain/);
    const way = forced === undefined
      ? "AGENTGAZER_SECRET_BACKEND=machine"
      : "unset AGENTGAZER_SECRET_BACKEND";
    assert.ok(hint?.endsWith(way), hint!);
    assert.deepEqual(namesIn(box.home.folder), []);
    assert.deepEqual(box.security.items(), []);
  });
});

Deno.test("Vault is not made when the Keychain fails between the probe and the key", async (t) => {
  for (const mode of ["locked-headless", "phantom-write"] as const) {
    await t.step(mode, async () => {
      using box = keychainBox();
      box.onChosen = () => box.security.mode = mode;
      const { code } = await failureOf(() => box.put("openai", PUT));
      assert.equal(exitCode(code), 5);
      assert.deepEqual(namesIn(box.home.folder), ["vault.lock"]);
      assert.deepEqual(box.security.items(), []);
      box.onChosen = () => {};
      box.security.mode = "normal";
      await box.put("openai", PUT);
      assert.equal(await box.open("openai"), PUT);
    });
  }
});

Deno.test("Vault opens nothing and changes nothing while the Keychain fails, and heals", async (t) => {
  const rows = FAILING.filter(([, mode]) => mode !== "denied" && mode !== "headless-154");
  await atOnce(t, rows, ([what]) => what, async ([, mode]) => {
    using box = keychainBox();
    await box.put("openai", PUT);
    const [before, items] = [box.bytes(), box.security.items()];
    box.security.mode = mode;
    for (const work of attempts(box)) {
      const { code, message, hint } = await failureOf(work);
      assert.deepEqual([code, exitCode(code)], ["keystore_unavailable", 5]);
      assert.match(message, /Keychain/);
      assert.notEqual(hint, undefined);
    }
    assert.equal((await box.vault().keyState())?.record.backend, "keychain");
    assert.equal(box.vault().read().entries("api-key").good.length, 1);
    assert.deepEqual(box.bytes(), before);
    assert.deepEqual(box.security.items(), items);
    assert.deepEqual(namesIn(box.home.folder), ["vault.json", "vault.lock"]);
    box.security.mode = "normal";
    assert.equal(await box.open("openai"), PUT);
  });
});

/** What became of the item, and the error that says so. All are exit 5 and none is damage of the vault. */
const ITEMS: [what: string, secret: string | undefined, code: string, message: RegExp][] = [
  [
    "someone else's key",
    `agz1:${new Uint8Array(32).toBase64()}`,
    "key_mismatch",
    /: the key in the macOS Keychain is another one$/,
  ],
  ["a password", "hunter2", "keystore_unavailable", /holds no key of agentgazer$/],
  ["nothing", "", "keystore_unavailable", /holds no key of agentgazer$/],
  ["no item", undefined, "keystore_unavailable", /the Keychain does not have it$/],
];

Deno.test("Vault is not damaged by what becomes of its item", async (t) => {
  await atOnce(t, ITEMS, ([what]) => what, async ([, secret, code, message]) => {
    using box = keychainBox();
    await box.put("openai", PUT);
    const before = box.bytes();
    const [item] = box.security.items();
    if (secret === undefined) await box.keychain().remove(item!.account);
    else box.security.put(SERVICE, item!.account, Buffer.from(secret));
    const items = box.security.items();
    for (const work of attempts(box)) {
      const error = await failureOf(work);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.equal(exitCode(error.code), 5);
    }
    assert.deepEqual(box.bytes(), before);
    assert.deepEqual(box.security.items(), items);
    box.security.put(SERVICE, item!.account, item!.secret);
    assert.equal(await box.open("openai"), PUT);
  });
});
