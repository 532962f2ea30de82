import assert from "node:assert/strict";
import { join } from "node:path";
import { type KeyringBox, keyringBox } from "../support/keyring_box.ts";
import { SERVICE } from "../support/libsecret_box.ts";
import { testWith } from "../support/needs.ts";

const NEEDS = ["compile", "libsecret"] as const;
const KEY = "sk-proj-q7Zx2Wv9Kp4Tn8Rb3Md6";
const NO_BUS = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus", XDG_RUNTIME_DIR: "/nonexistent" };
const OTHER_KEY = `agz1:${"A".repeat(43)}=`;

/** What is said of a vault whose key is in the keyring, and how it comes to that. */
const STATES: readonly (readonly [
  what: string,
  state: string,
  note: RegExp,
  make: (box: KeyringBox) => unknown,
  env?: Readonly<Record<string, string>>,
])[] = [
  ["open", "open", /^$/, () => {}],
  ["no bus", "unavailable", /no D-Bus session bus\n.*hint: /, () => {}, NO_BUS],
  ["a bus that none may start", "unavailable", /no D-Bus session bus/, () => {}, {
    DBUS_SESSION_BUS_ADDRESS: "autolaunch:",
    XDG_RUNTIME_DIR: "/nonexistent",
  }],
  ["an address that outlived its bus", "open", /^$/, () => {}, {
    DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus",
  }],
  ["locked", "locked", /it is locked\n.*hint: .*unlock/, ({ keyring }) => keyring.lock()],
  ["never opened", "locked", /it is locked\n.*hint: .*unlock/, ({ keyring }) => keyring.lockCold()],
  ["open again", "open", /^$/, ({ keyring }) => keyring.unlock()],
  [
    "another's value",
    "unavailable",
    /holds no key of agentgazer\n.*hint: /,
    ({ keyring, recorded }) =>
      keyring.tool.store({ service: SERVICE, username: recorded().id }, "its own password"),
  ],
  [
    "removed",
    "absent",
    /does not have it\n.*hint: /,
    ({ keyring, recorded }) => keyring.tool.run(["clear", "service", SERVICE, "username", recorded().id]),
  ],
  ["stopped", "unavailable", /does not answer\n.*hint: /, ({ keyring }) => keyring.pause()],
  [
    "gone",
    "unavailable",
    /nothing on the session bus provides it\n.*hint: /,
    ({ keyring }) => keyring.crash(),
  ],
];

testWith(NEEDS, "keystore status tells the state of a vault's keyring, and changes nothing", async (t) => {
  await using box = await keyringBox();
  assert.equal((await box.set(KEY)).code, 0);
  const before = await Deno.readFile(join(box.box.home, "vault.json"));
  for (const [what, state, note, make, env = {}] of STATES) {
    await t.step(what, async () => {
      await make(box);
      const [json, plain, set, list] = await Promise.all([
        box.run(["keystore", "status", "--json"], { env }),
        box.run(["keystore", "status"], { env }),
        box.set(KEY, { env: { ...env, ...state === "open" && { AGENTGAZER_SECRET_BACKEND: "machine" } } }),
        box.run(["providers", "list"], { env }),
      ]);
      assert.equal(json.code, 0, json.stderr);
      const reason = "chosen because it was the best one on this machine";
      assert.deepEqual(JSON.parse(json.stdout), { backend: "libsecret", reason, state });
      assert.match(json.stderr, note);
      assert.equal(plain.stdout, `libsecret: ${state}; ${reason}\n`);
      // Nothing takes the vault for a new one, or another keystore for its own.
      assert.equal(set.code, 5, set.stderr);
      assert.equal(list.code, 0, list.stderr);
      assert.deepEqual(await Deno.readFile(join(box.box.home, "vault.json")), before);
    });
  }
  assert.deepEqual([...Deno.readDirSync(box.box.home)].map(({ name }) => name).sort(), [
    "vault.json",
    "vault.lock",
  ]);
});

testWith(NEEDS, "keystore status refuses a key that does not fit", async () => {
  await using box = await keyringBox();
  await box.set(KEY);
  await box.keyring.tool.store({ service: SERVICE, username: box.recorded().id }, OTHER_KEY);
  for (const args of [["keystore", "status"], ["env"], ["keystore", "move", "--to", "machine"]]) {
    const { code, stderr } = await box.run(args);
    assert.equal(code, 5, stderr);
    assert.match(stderr, /: the key in the keyring \(Secret Service\) is another one/);
  }
  assert.deepEqual((await box.keyring.items()).map(({ value }) => value), [OTHER_KEY]);
});

testWith(NEEDS, "keystore status tells why a machine has no keyring, and the choice sticks", async (t) => {
  const rows = [
    ["no-bus", /there was no D-Bus session bus/],
    ["dead-bus", /there was no D-Bus session bus/],
    ["no-provider", /there was no Secret Service on the session bus/],
    ["no-keyring", /the Secret Service had no keyring/],
  ] as const;
  await using later = await keyringBox();
  for (const [state, reason] of rows) {
    await t.step(state, async () => {
      await using box = await keyringBox(state);
      const before = await box.status();
      assert.deepEqual(Object.keys(before), ["backend", "reason", "state"]);
      assert.deepEqual([before.backend, before.state], ["machine", "open"]);
      assert.match(before.reason, /^there is no vault yet; a new one would use it because /);
      assert.match(before.reason, reason);
      assert.equal((await box.set(KEY)).code, 0);
      assert.match((await box.status()).reason, reason);
      const after = await box.status({ env: later.keyring.env });
      assert.deepEqual([after.backend, after.state], ["machine", "open"]);
      assert.match(after.reason, reason);
      assert.equal((await box.set(KEY, { env: later.keyring.env })).code, 0);
      await Deno.remove(join(box.box.home, "machine.key"));
      const lost = await box.status({ env: later.keyring.env });
      assert.deepEqual([lost.backend, lost.state], ["machine", "absent"]);
    });
  }
  assert.deepEqual(await later.keyring.items(), []);
});

testWith(NEEDS, "keystore status makes nothing where there is no vault", async () => {
  await using box = await keyringBox();
  const { backend, state } = await box.status();
  assert.deepEqual([backend, state], ["libsecret", "open"]);
  assert.deepEqual(await box.keyring.items(), []);
  assert.throws(() => Deno.statSync(box.box.home), Deno.errors.NotFound);
  await box.keyring.lock();
  const { code, stdout, stderr } = await box.run(["keystore", "status", "--json"]);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).state, "locked");
  assert.match(stderr, /it is locked\n.*hint: .*unlock/);
});
