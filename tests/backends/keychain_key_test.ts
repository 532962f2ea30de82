import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { itemBackend, type ItemResult, type Items, type MissingOrTrouble } from "../../backends/item.ts";
import type { KeyRecord, Trouble } from "../../lib/vault/keystore.ts";
import { countingRandom } from "../support/fake_system.ts";
import { exitOf, fails } from "../support/failure.ts";
import { atOnce, keychain, keychainStore, SERVICE, shellScript } from "../support/keychain.ts";
import { type Mode, startSecurity } from "../support/security/fixture.ts";

const ID = "01234567-89ab-4cde-8f01-23456789abcd";
const OTHER_ID = ID.replace("0", "1");
const RECORD: KeyRecord = { backend: "keychain", item: "0123456789abcdef" };
const KEY = new Uint8Array(32).fill(0xfb);
const TEXT = `agz1:${KEY.toBase64()}`;

/** What a Keychain does with a new key, and what comes of it. */
const TROUBLES: [what: string, mode: Mode, state: Trouble["state"]][] = [
  ["locked", "locked-headless", "locked"],
  ["denied", "denied", "denied"],
  ["declined", "declined", "declined"],
  ["without a session", "headless-154", "unavailable"],
  ["without a default keychain", "no-default-keychain", "unavailable"],
  ["a phantom write", "phantom-write", "unavailable"],
  ["a search that finds nothing", { search: -25300 }, "unavailable"],
];

Deno.test("itemBackend() keeps no key in a Keychain that is not open, and leaves nothing behind", async (t) => {
  await atOnce(t, TROUBLES, ([what]) => what, async ([, mode, state]) => {
    using security = startSecurity({ mode });
    const store = keychainStore(security);
    const probe = await store.probe("explicit");
    assert.equal(probe.state, state);
    const { message, hint } = await fails("keystore_unavailable", () => store.create(ID));
    assert.deepEqual([message, hint], [(probe as Trouble).reason, (probe as Trouble).hint]);
    if (mode === "phantom-write") {
      assert.match(message, /^Cannot keep a key in the macOS Keychain: it took one/);
    }
    if (typeof mode === "string") assert.deepEqual(security.items(), []);
  });
});

Deno.test("itemBackend() probes the Keychain for a write, a read and a removal", async () => {
  using security = startSecurity();
  const store = keychainStore(security);
  assert.deepEqual(await store.probe("automatic"), { state: "open" });
  assert.deepEqual(security.items(), []);
  security.mode = { delete: -25293 };
  assert.equal((await store.probe("automatic")).state, "denied");
});

Deno.test("itemBackend() does not start `security` where the Keychain is missing", async () => {
  using security = startSecurity();
  const store = keychainStore(security, { isGraphical: () => Promise.resolve(false) });
  const probe = await store.probe("automatic");
  assert.deepEqual([probe.state, "why" in probe && probe.why], ["missing", "no_gui_session"]);
  assert.deepEqual(security.calls(), []);
  assert.deepEqual(await store.probe("explicit"), { state: "open" });
});

/** What `security` prints in hex or as it is; more is in the contract. */
const FOREIGN: [what: string, value: string | Uint8Array][] = [
  ["nothing", ""],
  ["an accent", "café"],
  ["32 bytes", KEY],
  ["a key in hex", KEY.toHex()],
  ["a key in hex of its text", Buffer.from(TEXT).toString("hex")],
  ["a line end after it", `${TEXT}\n`],
  ["a NUL after it", `${TEXT}\0`],
  ["a space after it", `${TEXT} `],
];

Deno.test("itemBackend() takes no foreign value in the Keychain for a key", async (t) => {
  await atOnce(t, FOREIGN, ([what]) => what, async ([, value]) => {
    using security = startSecurity();
    security.put(SERVICE, ID, Buffer.from(value));
    const result = await keychainStore(security).open(ID, RECORD) as Trouble;
    assert.deepEqual(result, {
      state: "corrupt",
      reason: "Cannot use the vault's item in the macOS Keychain: it holds no key of agentgazer",
      hint: result.hint,
    });
    assert.deepEqual(Buffer.from(security.items()[0]!.secret), Buffer.from(value));
  });
});

Deno.test("itemBackend() finds a key that another program wrote, and says that it is another one", async () => {
  using security = startSecurity();
  security.put(SERVICE, ID, Buffer.from(TEXT));
  const result = await keychainStore(security).open(ID, RECORD);
  assert.deepEqual(result, {
    state: "found",
    key: KEY,
    changed: ["the key in the macOS Keychain is another one"],
  });
});

Deno.test("itemBackend() never makes a key when it opens one, or for another vault", async () => {
  using security = startSecurity();
  const store = keychainStore(security);
  const { record } = await store.create(ID);
  assert.equal((await store.open(ID.replace("0", "1"), record)).state, "absent");
  assert.equal(await store.remove(ID.replace("0", "1")), undefined);
  assert.equal(security.items().length, 1);
});

Deno.test("itemBackend() records of the key only what does not give it away", async () => {
  using security = startSecurity();
  const { key, record } = await keychainStore(security).create(ID);
  assert.deepEqual(Object.keys(record), ["backend", "item"]);
  assert.match(`${record.item}`, /^[0-9a-f]{16}$/);
  assert.ok(!key.toHex().includes(`${record.item}`));
});

Deno.test("itemBackend() never lets the Keychain ask when it makes or removes a key", async () => {
  using security = startSecurity();
  const never = () => assert.fail("it may ask");
  const asking: Items = { backend: "keychain", examine: never, read: never, write: never, remove: never };
  const store = itemBackend(asking, keychain(security), countingRandom());
  await store.create(ID);
  assert.equal(security.items().length, 1);
  assert.equal(await store.remove(ID), undefined);
  assert.equal(security.items().length, 0);
});

Deno.test("itemBackend() takes the key that is there after the write, whoever wrote it", async () => {
  using security = startSecurity();
  const line = `add-generic-password -U -a ${ID} -s ${SERVICE} -w ${TEXT}`;
  using other = shellScript(
    `'${security.path}' "$@" || exit; if [ "$1" = -i ]; then echo '${line}' | '${security.path}' -i; fi`,
  );
  const { key, record } = await keychainStore(other).create(ID);
  assert.deepEqual(key, KEY);
  assert.deepEqual(await keychainStore(security).open(ID, record), { state: "found", key: KEY, changed: [] });
});

Deno.test("itemBackend() keeps what is there when the Keychain refuses its change", async (t) => {
  const modes: Mode[] = ["locked-headless"];
  await atOnce(t, modes, String, async (mode) => {
    using security = startSecurity();
    security.put(SERVICE, ID, Buffer.from("foreign"));
    security.mode = mode;
    assert.equal(await exitOf(() => keychainStore(security).create(ID)), 5);
    assert.equal(Buffer.from(security.items()[0]!.secret).toString(), "foreign");
  });
});

Deno.test("itemBackend() leaves nothing when it can't make a key, or when it is taken back", async (t) => {
  await t.step("written, and not given back", async () => {
    using security = startSecurity();
    using other = shellScript(
      `case "$*" in find-generic-password*-w*) exit 51;; esac; exec '${security.path}' "$@"`,
    );
    security.put(SERVICE, OTHER_ID, Buffer.from("foreign"));
    assert.equal(await exitOf(() => keychainStore(other).create(ID)), 5);
    assert.deepEqual(security.items().map(({ account }) => account), [OTHER_ID]);
  });
  await t.step("not written", async () => {
    using security = startSecurity();
    security.mode = "phantom-write";
    assert.equal(await exitOf(() => keychainStore(security).create(ID)), 5);
    assert.deepEqual(security.items(), []);
  });
  await t.step("taken back", async () => {
    using security = startSecurity();
    await keychainStore(security).create(OTHER_ID);
    const { undo } = await keychainStore(security).create(ID);
    assert.equal(security.items().length, 2);
    assert.equal(await undo!(), undefined);
    assert.deepEqual(security.items().map(({ account }) => account), [OTHER_ID]);
  });
});

Deno.test("itemBackend() calls an item that is not there locked while its keystore is", async (t) => {
  const locked: Trouble = { state: "locked", reason: "Cannot use it: it is locked", hint: "unlock it" };
  const absent: Trouble = { state: "absent", reason: "Cannot find it", hint: "look for it" };
  const missing: MissingOrTrouble = { state: "missing", why: "no_bus", reason: "Cannot reach it", hint: "x" };
  const denied: Trouble = { ...locked, state: "denied" };
  const rows: [what: string, examined: MissingOrTrouble | undefined, read: ItemResult, state: string][] = [
    ["open", undefined, absent, "absent"],
    ["locked", locked, absent, "locked"],
    ["denied", denied, absent, "absent"],
    ["missing", missing, absent, "absent"],
    ["locked, and another trouble", locked, denied, "denied"],
    ["locked, and found", locked, { state: "found", value: TEXT }, "found"],
  ];
  const never = () => assert.fail("nothing is written or removed, and nobody is asked");
  for (const [what, examined, read, state] of rows) {
    for (const silently of [false, true]) {
      await t.step(`${what}${silently ? ", silently" : ""}`, async () => {
        const examine = () => Promise.resolve(examined);
        const silent: Items = {
          backend: "libsecret",
          examine,
          read: () => silently ? Promise.resolve(read) : never(),
          write: never,
          remove: never,
        };
        const asking: Items = {
          ...silent,
          examine: never,
          read: () => silently ? never() : Promise.resolve(read),
        };
        const store = itemBackend(asking, silent, countingRandom());
        const result = await store.open(ID, { backend: "libsecret" }, silently);
        assert.equal(result.state, state);
        if (state === "locked") assert.deepEqual(result, locked);
      });
    }
  }
});
