import assert from "node:assert/strict";
import { contained, type Mount } from "../support/container.ts";
import { testWith } from "../support/needs.ts";
import type { RunOptions } from "../support/program.ts";
import { messagesIn } from "../support/recipe.ts";
import {
  assertRefused,
  assertTested,
  filesIn,
  makeYard,
  proveCall,
  proveWorking,
  setKey,
  USER,
  type Yard,
} from "../support/sandbox.ts";

const NEEDS = ["compile", "namespace", "openssl", "setpriv", "bwrap"] as const;

const [SYSTEMD, DBUS] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
const [ID, OTHER] = ["0123456789abcdef0123456789abcdef\n", "fedcba9876543210fedcba9876543210\n"];

/** What is in the files of the machine's id. */
type Ids = Readonly<Record<string, string>>;

testWith(NEEDS, "without a machine id a key is stored and used, also when an id appears later", async (t) => {
  const rows: [name: string, ids: Ids][] = [
    ["no file", {}],
    ["an empty one", { [SYSTEMD]: "" }],
    ["uninitialized", { [SYSTEMD]: "uninitialized\n" }],
    ["zeros", { [SYSTEMD]: "0".repeat(32), [DBUS]: "" }],
    ["something else", { [SYSTEMD]: "localhost\n", [DBUS]: "0123456789ABCDEF" }],
  ];
  await using yard = await makeYard();
  for (const [i, [name, ids]] of rows.entries()) {
    await t.step(name, async () => {
      const machine = await machineIn(yard, `machine-${i}`);
      assert.equal((await setKey(yard, await machine.with(ids))).code, 0);
      assert.equal(
        JSON.parse(await Deno.readTextFile(`${machine.vault}/vault.json`)).key.bound.machine,
        null,
      );
      const later = await machine.with({ [SYSTEMD]: ID });
      await assertTested(yard, later);
      if (i === 0) await proveCall(yard, later);
      assert.ok((await filesIn(machine.vault)).includes("machine.key"));
    });
  }
});

testWith(NEEDS, "a vault that was made where there was a machine id needs it", async (t) => {
  await using yard = await makeYard();
  const machine = await machineIn(yard, "machine");
  await proveWorking(yard, await machine.with({ [SYSTEMD]: ID }));
  const before = await Deno.readFile(`${machine.vault}/vault.json`);
  await t.step("providers set", async () => {
    assertRefused(await setKey(yard, await machine.with({})), 5, "machine with a machine-id");
  });
  const rows: [name: string, ids: Ids, message: string][] = [
    ["no file", {}, "machine with a machine-id"],
    ["an empty one", { [SYSTEMD]: "" }, "machine with a machine-id"],
    ["another one", { [SYSTEMD]: OTHER }, "another machine"],
    ["another one, of D-Bus", { [DBUS]: OTHER }, "another machine"],
    ["another one before it", { [SYSTEMD]: OTHER, [DBUS]: ID }, "another machine"],
  ];
  for (const [name, ids, message] of rows) {
    await t.step(name, async () => {
      assertRefused(await yard.box.run(["start", "--port", "0"], await machine.with(ids)), 5, message);
      assert.deepEqual(await Deno.readFile(`${machine.vault}/vault.json`), before);
    });
  }
  await t.step("it, where D-Bus keeps it", async () => {
    await assertTested(yard, await machine.with({ [SYSTEMD]: "", [DBUS]: ID }));
  });
  assert.deepEqual(messagesIn("No machine id").filter((told) => !rows.some((row) => row[2] === told)), []);
});

/** A machine whose id comes and goes. */
async function machineIn({ folder, file, providers }: Yard, name: string) {
  const vault = await folder(name);
  let count = 0;
  return {
    vault,
    async with(ids: Ids): Promise<RunOptions> {
      const mounts: Mount[] = [{ src: vault, dst: "/vault", readonly: false }];
      for (const [dst, content] of Object.entries(ids)) {
        mounts.push({ src: await file(`${name}-id-${count++}`, content, 0, 0o444), dst, readonly: true });
      }
      return contained({ user: USER, env: { AGENTGAZER_HOME: "/vault" }, mounts }, providers.authority);
    },
  };
}
