import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { recipe } from "../support/recipe.ts";
import { as, assertTested, filesIn, makeYard, proveWorking, USER, withKey } from "../support/sandbox.ts";

const NEEDS = ["compile", "namespace", "openssl", "setpriv"] as const;

testWith(NEEDS, "the recipe for a key file of one's own lets a key be stored and used", async () => {
  await using yard = await makeYard();
  const home = await yard.folder("ada");
  const script = recipe("A key file of your own").replace(
    "agentgazer providers set openai < key.txt",
    'exec "$0" "$@"',
  )
    .replace("(umask", "[ -e machine.key ] || (umask");
  const env = { HOME: home, AGENTGAZER_SECRET_BACKEND: "machine" };
  await proveWorking(yard, { env, wrapper: [...as(USER), "sh", "-c", `cd ~\n${script}`] });
  assert.deepEqual(await filesIn(`${home}/.agentgazer`), ["proxy.json", "vault.json", "vault.lock"]);
  assert.equal((await Deno.stat(`${home}/machine.key`)).mode! & 0o777, 0o600);
});

testWith(NEEDS, "a key file may be mounted in any of the usual ways", async (t) => {
  await using yard = await makeYard();
  const key = crypto.getRandomValues(new Uint8Array(32));
  const vault = await yard.folder("vault");
  const place = await yard.folder("secrets", 0, 0o755);
  await yard.folder("secrets/..data", 0, 0o755);
  const link = async (to: string, name: string) => {
    await Deno.symlink(to, `${place}/${name}`);
    return `${place}/${name}`;
  };
  await yard.file("secrets/..data/key", key, 0, 0o444);
  const rows: [name: string, path: string][] = [
    ["its own", await yard.file("secrets/own", key)],
    ["its own, read-only", await yard.file("secrets/fixed", key, USER, 0o400)],
    ["root's, readable for all", await yard.file("secrets/roots", key, 0, 0o444)],
    ["a link to a link, as Kubernetes makes them", await link("..data/key", "linked")],
    ["a second name of a file", await link(`${place}/own`, "absolute")],
  ];
  for (const [i, [name, path]] of rows.entries()) {
    await t.step(name, async () => {
      const options = withKey(vault, path);
      await (i === 0 ? proveWorking(yard, options) : assertTested(yard, options));
    });
  }
  assert.ok(!(await filesIn(vault)).includes("machine.key"));
});

testWith(NEEDS, "start waits for a key file that is mounted later", async () => {
  await using yard = await makeYard();
  const { box, providers } = yard;
  const place = await yard.folder("secrets", 0, 0o755);
  const options = withKey(await yard.folder("vault"), `${place}/key`);
  const key = crypto.getRandomValues(new Uint8Array(32));
  await yard.file("secrets/key", key, 0, 0o444);
  await proveWorking(yard, options);
  const { stdout } = await box.run(["env", "--shell", "json"], options);
  await Deno.rename(`${place}/key`, `${place}/away`);
  await using proxy = await box.start([], options);
  await proxy.logged(/warn: .*AGENTGAZER_MACHINE_KEY_FILE/);
  const call = () => {
    const headers = { authorization: `Bearer ${JSON.parse(stdout).OPENAI_API_KEY}` };
    return fetch(`${proxy.url}/openai/v1/models`, { headers });
  };
  const early = await call();
  assert.equal(early.status, 503);
  assert.match(await early.text(), /AGENTGAZER_MACHINE_KEY_FILE/);
  assert.equal(providers.received.length, 0);
  await Deno.rename(`${place}/away`, `${place}/key`);
  assert.equal(await (await call()).text(), '{"ok":true}');
});
