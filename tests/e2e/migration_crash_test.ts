import assert from "node:assert/strict";
import { join } from "node:path";
import { testWith } from "../support/needs.ts";
import { type Box, makeBox } from "../support/program.ts";
import { HERE, stored } from "../support/stored.ts";

const KEYS = { openai: "sk-proj-1", mistral: "k-2", yi: "k-3" } as const;

const CONFIG =
  '{"a":1.0,"providers":{"openai":{"apiKey":"sk-proj-1"},"mistral":"k-2","yi":{"apiKey":"k-3","x":1}}}';

const DONE = '{"a":1.0,"providers":{"openai":{},"yi":{"x":1}}}';

const ROUNDS = 30;

testWith(["compile"], "kill -9 in the middle of a migration loses no key, 30 times", async () => {
  await using box = await makeBox();
  let [killed, partly, duration] = [0, 0, Infinity];
  for (let i = 0; i < 3; i++) {
    await fresh(box, i % 2 === 0);
    const started = performance.now();
    assert.equal((await box.run(["providers", "list"])).code, 0);
    duration = Math.min(duration, performance.now() - started);
  }
  for (let round = 0; round < ROUNDS; round++) {
    await fresh(box, round % 2 === 0);
    // Most of a run is the start of the program; the migration is in its second half.
    const delay = duration * (0.4 + 0.7 * Math.random());
    const wrapper = ["timeout", "--foreground", "-s", "KILL", (delay / 1000).toFixed(4)];
    const { code } = await box.run(["providers", "list"], { wrapper });
    if (code !== 0) killed++;
    // Other tests make the machine slower and faster.
    duration *= code === 0 ? 0.97 : 1.02;
    if (await checkKeys(box, `round ${round}`)) partly++;
    await finish(box);
  }
  assert.ok(killed > 3, `only ${killed} runs were killed before they ended, ${partly} of them in between`);
});

testWith(["compile", "strace"], "kill -9 at each system call of a migration loses no key", async (t) => {
  await using box = await makeBox();
  const names = ["config.json", "vault.json", "machine.key"].flatMap((name) => [name, `${name}.new`]);
  const paths = [...names, "vault.lock", ""].flatMap((name) => ["-P", join(box.home, name)]);
  for (const call of ["openat", "write", "fsync", "rename", "flock"]) {
    await t.step(call, async () => {
      let [killed, between] = [0, 0];
      for (let when = 1; when <= 24; when++) {
        // With a vault and without one, in turns: both have every kind of call.
        await fresh(box, when % 2 === 0);
        const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${when}`];
        const wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", ...paths, ...inject];
        const { code } = await box.run(["providers", "list"], { wrapper });
        if (await checkKeys(box, `${call} ${when}`)) between++;
        await finish(box);
        if (code === 0) break;
        killed++;
      }
      assert.ok(killed > 0, "no run was killed");
      assert.ok(between > 0 || call === "flock", "none was killed between the store and the removal");
    });
  }
});

/** Puts plaintext keys into a folder without a vault, or with one that has a client. */
async function fresh(box: Box, hasVault: boolean): Promise<void> {
  await Deno.remove(box.home, { recursive: true }).catch(() => {});
  await Deno.mkdir(box.home, { recursive: true, mode: 0o700 });
  if (hasVault) assert.equal((await box.run(["clients", "add", "ci"])).code, 0);
  await Deno.writeTextFile(join(box.home, "config.json"), CONFIG);
}

/** Checks that every key is in the vault or in config.json, and says whether some are in both. */
async function checkKeys(box: Box, where: string): Promise<boolean> {
  const config = await Deno.readTextFile(join(box.home, "config.json"));
  assert.ok([CONFIG, DONE].includes(config), `${where}: ${config}`);
  let both = false;
  for (const [id, key] of Object.entries(KEYS)) {
    const inVault = await stored(box.home, "api-key", id, HERE);
    assert.ok(inVault === key || inVault === undefined && config === CONFIG, `${where}: ${id} is lost`);
    both ||= inVault !== undefined && config === CONFIG;
  }
  return both;
}

/** The next run does the rest and tidies up. */
async function finish(box: Box): Promise<void> {
  const { code, stderr } = await box.run(["clients", "add", "last"]);
  assert.equal(code, 0, stderr);
  assert.equal(await Deno.readTextFile(join(box.home, "config.json")), DONE);
  for (const [id, key] of Object.entries(KEYS)) {
    assert.equal(await stored(box.home, "api-key", id, HERE), key);
  }
  for (const { name } of Deno.readDirSync(box.home)) {
    if (name === "config.json.new") assert.equal(await Deno.readTextFile(join(box.home, name)), DONE);
    else assert.doesNotMatch(await Deno.readTextFile(join(box.home, name)), /sk-proj-1|"k-[23]/);
  }
}
