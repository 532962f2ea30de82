import assert from "node:assert/strict";
import { join } from "node:path";
import { itemsOf, SERVICE, storeOf } from "../support/libsecret_box.ts";
import { type KeyringState, startKeyring } from "../support/keyring.ts";
import { testWith } from "../support/needs.ts";

/** What each call says, as a state, and why where there is no keystore. Nobody is asked. */
interface Answers {
  readonly examine: string;
  readonly read: string;
  readonly write: string;
  readonly remove: string;
  readonly probe: string;
}

const OPEN: Answers = { examine: "-", read: "found", write: "-", remove: "-", probe: "open" };
const LOCKED: Answers = {
  examine: "locked",
  read: "locked",
  write: "locked",
  remove: "locked",
  probe: "locked",
};
const GONE = { read: "unavailable", remove: "unavailable" };
const nothing = (why: string): Answers => ({ ...GONE, examine: why, write: why, probe: why });

const STATES: readonly (readonly [KeyringState, Answers])[] = [
  ["open", OPEN],
  ["locked", LOCKED],
  ["locked-cold", LOCKED],
  ["no-keyring", {
    examine: "no_collection",
    read: "absent",
    write: "no_collection",
    remove: "-",
    probe: "no_collection",
  }],
  ["no-provider", nothing("no_service")],
  ["dead-bus", nothing("no_bus")],
  ["no-bus", nothing("no_bus")],
];

function said(result: { readonly state: string; readonly why?: string } | undefined): string {
  return result?.why ?? result?.state ?? "-";
}

async function answers(env: Readonly<Record<string, string>>): Promise<Answers> {
  const items = itemsOf(env);
  return {
    examine: said(await items.examine("automatic")),
    read: said(await items.read(SERVICE, "a vault")),
    write: said(await items.write(SERVICE, "a vault", "another value")),
    remove: said(await items.remove(SERVICE, "a vault")),
    probe: said(await storeOf(env).probe("automatic")),
  };
}

testWith(["libsecret"], "libsecretItems() tells the states of a keyring apart", async (t) => {
  for (const [state, expected] of STATES) {
    await t.step(state, async () => {
      const locked = state.startsWith("locked");
      await using keyring = await startKeyring({ state: locked ? "open" : state });
      if (locked || state === "open") {
        await keyring.tool.store({ service: SERVICE, username: "a vault" }, "a value");
      }
      if (state === "locked") await keyring.lock();
      if (state === "locked-cold") await keyring.lockCold();
      assert.deepEqual(await answers(keyring.env), expected);
      if (!locked) return;
      await keyring.unlock();
      assert.deepEqual(await itemsOf(keyring.env).read(SERVICE, "a vault"), {
        state: "found",
        value: "a value",
      });
    });
  }
});

testWith(["libsecret"], "libsecretItems() finds no bus where none is", async (t) => {
  await using keyring = await startKeyring({ state: "no-bus" });
  const stale = join(keyring.folder, "stale");
  Deno.listen({ transport: "unix", path: stale }).close();
  await Deno.writeTextFile(join(keyring.folder, "file"), "");
  const rows: readonly (readonly [what: string, address: string, why: string])[] = [
    ["a socket that nobody reads", `unix:path=${stale}`, "no_bus"],
    ["a file", `unix:path=${keyring.folder}/file`, "no_bus"],
    ["a folder", `unix:path=${keyring.folder}`, "no_bus"],
    ["a folder that is not there", "unix:path=/nonexistent/bus", "no_bus"],
    ["an abstract socket", `unix:abstract=${keyring.folder}`, "no_bus"],
    ["a port", "tcp:host=127.0.0.1,port=1", "no_bus"],
    ["an order to start one", "autolaunch:", "no_bus"],
    ["an order to start one in a scope", "autolaunch:scope=*user", "no_bus"],
    ["an order in the second place", "unix:path=/nonexistent;autolaunch:", "no_bus"],
    ["an empty address", "", "no_bus"],
  ];
  for (const [what, DBUS_SESSION_BUS_ADDRESS, why] of rows) {
    await t.step(what, async () => {
      assert.deepEqual(await answers({ DBUS_SESSION_BUS_ADDRESS }), nothing(why));
    });
  }
});

testWith(["libsecret"], "libsecretItems() does not pass over an address that it can't read", async (t) => {
  for (
    const address of ["nonsense", "unix:", "unix:path", "tcp:port=x", "unknown:a=b", " ", "unix:path=%zz"]
  ) {
    await t.step(address, async () => {
      const probe = await storeOf({ DBUS_SESSION_BUS_ADDRESS: address }).probe("automatic");
      assert.equal(probe.state, "unavailable");
    });
  }
});

testWith(["libsecret"], "libsecretItems() finds the bus of the runtime folder by itself", async () => {
  await using keyring = await startKeyring({ state: "open" });
  const { XDG_RUNTIME_DIR } = keyring.env;
  assert.deepEqual(await answers({ XDG_RUNTIME_DIR: XDG_RUNTIME_DIR! }), { ...OPEN, read: "absent" });
  const odd = join(keyring.folder, "a folder, 100% odd; ü");
  await Deno.symlink(XDG_RUNTIME_DIR!, odd);
  assert.deepEqual(await answers({ XDG_RUNTIME_DIR: odd }), { ...OPEN, read: "absent" });
  assert.deepEqual(await answers({ XDG_RUNTIME_DIR: "run" }), nothing("no_bus"));
  assert.deepEqual(await answers({ XDG_RUNTIME_DIR: keyring.folder }), nothing("no_bus"));
});

testWith(["libsecret"], "libsecretItems() keeps values as they are", async (t) => {
  await using keyring = await startKeyring({ state: "open" });
  const items = itemsOf(keyring.env);
  const values = [
    "x",
    "x".repeat(8191),
    "-x",
    "--help",
    'a "quoted" \\ $value `x`',
    "attribute.x = y",
    "0x00",
  ];
  for (const value of values) {
    await t.step(value.slice(0, 20), async () => {
      assert.equal(await items.write(SERVICE, "a vault", value), undefined);
      assert.deepEqual(await items.read(SERVICE, "a vault"), { state: "found", value });
    });
  }
  await t.step("under another name there is nothing", async () => {
    for (const name of ["a vaul", "A vault", "a vault ", "probe"]) {
      assert.equal((await items.read(SERVICE, name)).state, "absent");
    }
    assert.equal((await items.read("com.agentgazer.provider", "a vault")).state, "absent");
    assert.equal((await keyring.items()).length, 1);
  });
});
