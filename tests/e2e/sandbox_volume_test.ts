import assert from "node:assert/strict";
import { dirname } from "node:path";
import { contained } from "../support/container.ts";
import { testWith } from "../support/needs.ts";
import { makeVolume, POD, pod } from "../support/pod.ts";
import { messagesIn, recipe } from "../support/recipe.ts";
import { assertRefused, filesIn, makeYard, proveCall, proveWorking, setKey } from "../support/sandbox.ts";

const NEEDS = ["compile", "namespace", "openssl", "setpriv", "bwrap"] as const;

const HEADING = "Read-only containers";

testWith(NEEDS, "the Kubernetes recipe lets a key be stored and used", async (t) => {
  for (const mode of [0o777, 0o2775]) {
    await t.step(`in a volume of root's with mode ${mode.toString(8)}`, async () => {
      await using yard = await makeYard();
      const volume = await makeVolume(yard, mode);
      await proveWorking(yard, contained(await pod(yard, volume), yard.providers.authority));
      assert.deepEqual(await filesIn(`${volume}/agentgazer`), ["proxy.json", "vault.json", "vault.lock"]);
    });
  }
});

testWith(NEEDS, "the Kubernetes recipe survives a new key and the old one again", async (t) => {
  await using yard = await makeYard();
  const volume = await makeVolume(yard, 0o2775);
  const container = await pod(yard, volume);
  const options = contained(container, yard.providers.authority);
  await proveWorking(yard, options);
  const before = await Deno.readFile(`${volume}/agentgazer/vault.json`);
  const data = `${container.mounts[1]!.src}/..data`;
  const point = async (to: string) => {
    await Deno.remove(data);
    await Deno.symlink(to, data);
  };
  await t.step("another key", async () => {
    await point("..new");
    assertRefused(await setKey(yard, options), 5, "key file");
    assert.deepEqual(await Deno.readFile(`${volume}/agentgazer/vault.json`), before);
  });
  await t.step("no key", async () => {
    await point("..gone");
    assertRefused(await setKey(yard, options), 5, "AGENTGAZER_MACHINE_KEY_FILE");
  });
  await t.step("the old key", async () => {
    await point("..old");
    await proveCall(yard, options);
  });
});

testWith(NEEDS, "a volume that is not the user's own is refused, and the document says so", async (t) => {
  const rows: [name: string, owner: number, mode: number, code: number, message: string][] = [
    ["root's", 0, 0o755, 6, "belongs to another user"],
    ["root's, open to the group", 0, 0o2775, 6, "belongs to another user"],
    ["root's, open to all", 0, 0o777, 6, "belongs to another user"],
    ["its own, open to the group", POD.user, 0o770, 6, "others may write to it"],
    ["its own, open to all", POD.user, 0o1777, 6, "others may write to it"],
  ];
  for (const [name, owner, mode, code, message] of rows) {
    await t.step(name, async () => {
      await using yard = await makeYard();
      const volume = await yard.folder("volume", owner, mode);
      const container = await pod(yard, volume);
      const env = { ...container.env, AGENTGAZER_HOME: dirname(container.env.AGENTGAZER_HOME!) };
      const options = contained({ ...container, env }, yard.providers.authority);
      assertRefused(await setKey(yard, options), code, message);
      assert.deepEqual(await filesIn(volume), []);
      assert.ok(messagesIn(HEADING).includes(message));
    });
  }
});

Deno.test("the recipes for containers are read-only and agree on where things are", () => {
  const [, script, , compose] = [0, 1, 2, 3].map((place) => recipe(HEADING, place));
  assert.ok(compose!.includes("\n    read_only: true\n"));
  assert.ok(POD.text.includes("\n        readOnlyRootFilesystem: true\n"));
  const inScript = [...script!.matchAll(/--env (\w+)=(\S+)/g)].map(([, name, value]) => `${name}: ${value}`);
  for (const variable of inScript) assert.ok(compose!.includes(`      ${variable}\n`), variable);
  assert.deepEqual(Object.keys(POD.env), inScript.map((variable) => variable.split(":")[0]));
  for (const path of POD.mountPaths) {
    assert.ok(Object.values(POD.env).some((value) => value.startsWith(`${path}/`)));
  }
});
