import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { contained, type Container, parseDockerRun } from "../support/container.ts";
import { testWith } from "../support/needs.ts";
import { recipe } from "../support/recipe.ts";
import {
  as,
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

const HEADING = "Read-only containers";

testWith(NEEDS, "the docker recipe lets a key be stored and used", async (t) => {
  await using yard = await makeYard();
  const { container, vault } = await docker(yard);
  const options = contained(container, yard.providers.authority);
  await proveWorking(yard, options);
  assert.deepEqual(await filesIn(vault), ["proxy.json", "vault.json", "vault.lock"]);
  await t.step("and again, under another user id", async () => {
    const [here, user] = [dirname(vault), USER + 1];
    const names = (await filesIn(vault)).map((name) => `vault/${name}`);
    for (const name of ["", "machine.key", "vault", ...names]) await Deno.chown(join(here, name), user, user);
    await proveCall(yard, contained({ ...container, user }, yard.providers.authority));
  });
});

testWith(NEEDS, "a vault that can't be written to is used, and not changed", async (t) => {
  await using yard = await makeYard();
  const { container, vault } = await docker(yard);
  const open = contained(container, yard.providers.authority);
  const sealed = contained(readOnly(container, "/vault"), yard.providers.authority);
  await t.step("an empty one", async () => {
    assertRefused(await setKey(yard, sealed), 5, "read-only");
    assertRefused(await yard.box.run(["env"], sealed), 5, "read-only");
    assert.deepEqual(await filesIn(vault), []);
  });
  assert.equal((await setKey(yard, open)).code, 0);
  assertRefused(await yard.box.run(["env"], sealed), 5, "read-only");
  assert.equal((await yard.box.run(["env"], open)).code, 0);
  const files = await filesIn(vault);
  const before = await Deno.readFile(`${vault}/vault.json`);
  await t.step("calls", async () => {
    const { log, base } = await proveCall(yard, sealed);
    assert.match(log, /warn: .*read-only/i);
    assert.equal(base, "http://127.0.0.1:18900/openai/v1");
  });
  await t.step("providers test", () => assertTested(yard, sealed));
  for (const args of [["providers", "list"], ["keystore", "status"], ["doctor"]]) {
    await t.step(args.join(" "), async () => {
      const { code, stderr } = await yard.box.run(args, sealed);
      assert.equal(code, 0, stderr);
    });
  }
  const changes = [
    ["providers", "remove", "openai"],
    ["clients", "add", "ci"],
    ["login", "openai-oauth", "--no-browser"],
  ];
  for (const args of changes) {
    await t.step(args.join(" "), async () => assertRefused(await yard.box.run(args, sealed), 5, "read-only"));
  }
  await t.step("providers set", async () => assertRefused(await setKey(yard, sealed), 5, "read-only"));
  assert.deepEqual(await filesIn(vault), files);
  assert.deepEqual(await Deno.readFile(`${vault}/vault.json`), before);
});

/** The recipe as the test's user runs it, in a folder of its own. */
async function docker({ box, folder, file }: Yard): Promise<{ container: Container; vault: string }> {
  const here = await folder("here");
  const vault = await folder("here/vault");
  await file("here/machine.key", crypto.getRandomValues(new Uint8Array(32)));
  const script = `cd '${here}'; docker() { printf '%s\\n' "$@"; }\n${recipe(HEADING, 1)}`;
  const { stdout } = await box.run([], { program: "sh", wrapper: [...as(USER), "sh", "-c", script] });
  return { container: parseDockerRun(stdout.trim().split("\n")), vault };
}

function readOnly(container: Container, dst: string): Container {
  const mounts = container.mounts.map((mount) => mount.dst === dst ? { ...mount, readonly: true } : mount);
  return { ...container, mounts };
}
