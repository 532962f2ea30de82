import assert from "node:assert/strict";
import { join } from "node:path";
import { assertNoCanary, assertNoCanaryBelow, CANARY } from "../support/canary.ts";
import { testWith } from "../support/needs.ts";
import { type Box, makeBox } from "../support/program.ts";
import { HERE, stored } from "../support/stored.ts";

const KEYS = { openai: "sk-proj-1", mistral: "k-2", yi: "k-3" } as const;

const CONFIG = `{
  "port": 18900.0,
  "providers": {
    "openai": { "apiKey": "${KEYS.openai}", "model": "gpt" },
    "mistral": "${KEYS.mistral}",
    "yi": { "seen": null, "apiKey": "${KEYS.yi}" }
  },
  "10": 1e400, "2": 123456789012345678901234567890
}
`;

testWith(
  ["compile"],
  "agentgazer moves plaintext keys, and leaves one that the vault has with another value",
  async () => {
    await using box = await makeBox();
    await box.run(["providers", "set", "mistral"], { stdin: "mine" });
    await writeConfig(box, CONFIG);
    const first = await box.run(["providers", "list", "--json"]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(
      first.stderr,
      /^agentgazer: moved 2 plaintext keys from config\.json into the vault \(openai, yi\); backups/,
    );
    assert.match(
      first.stderr,
      /config\.json still holds a plaintext key for mistral: the vault has another one\n.*hint: /,
    );
    assert.doesNotMatch(first.stdout + first.stderr, /sk-proj-1|k-2|k-3/);
    assert.equal(
      await readConfig(box),
      CONFIG.replace(`"apiKey": "${KEYS.openai}", `, "").replace(`, "apiKey": "${KEYS.yi}"`, ""),
    );
    assert.deepEqual(JSON.parse(first.stdout).map(({ id }: { id: string }) => id), [
      "openai",
      "mistral",
      "yi",
    ]);
    assert.deepEqual(await opened(box), { openai: KEYS.openai, mistral: "mine", yi: KEYS.yi });
    const second = await box.run(["providers", "list"]);
    assert.doesNotMatch(second.stderr, /moved/);
    assert.match(second.stderr, /for mistral/);
  },
);

testWith(["compile"], "agentgazer start moves plaintext keys and logs it", async (t) => {
  for (const format of ["text", "json"]) {
    await t.step(format, async () => {
      await using box = await makeBox();
      await writeConfig(box, CONFIG);
      await using proxy = await box.start(["--log-format", format]);
      const line = proxy.log().split("\n").find((one) => one.includes("moved"))!;
      assert.match(line, /moved 3 plaintext keys .* \(openai, mistral, yi\)/);
      if (format === "json") assert.equal(JSON.parse(line).level, "warn");
      assert.doesNotMatch(proxy.log(), /sk-proj-1|k-2|k-3|no credential/);
      assert.equal(await proxy.stop(), 0);
      assert.deepEqual(await opened(box), KEYS);
    });
  }
});

testWith(
  ["compile"],
  "agentgazer leaves no trace of a migrated key in its folder or its output",
  async () => {
    await using box = await makeBox();
    await writeConfig(box, `{"providers":{"mistral":{"apiKey":"${CANARY}"},"yi":"${CANARY}"}}`);
    const { stdout, stderr } = await box.run(["env"]);
    assert.match(stderr, /moved 2/);
    assertNoCanary(stdout + stderr, "the output");
    await assertNoCanaryBelow(box.folder);
  },
);

testWith(["compile"], "eight processes migrate at once and nothing is lost", async (t) => {
  for (const hasVault of [false, true]) {
    await t.step(hasVault ? "into a vault" : "into none", async () => {
      await using box = await makeBox();
      if (hasVault) await box.run(["clients", "add", "ci"]);
      await writeConfig(box, CONFIG);
      const commands = [["providers", "list"], ["clients", "list"], ["env"], ["keystore", "status"]];
      const runs = [...commands, ...commands].map((args) => box.run(args));
      let moved = 0;
      for (const { code, stderr } of await Promise.all(runs)) {
        assert.equal(code, 0, stderr);
        assert.doesNotMatch(stderr, /still holds|stay there/);
        if (/moved 3/.test(stderr)) moved++;
      }
      assert.ok(moved > 0);
      assert.deepEqual(await opened(box), KEYS);
      assert.doesNotMatch(await readConfig(box), /apiKey|k-2/);
      const names = [...Deno.readDirSync(box.home)].map(({ name }) => name).sort();
      assert.deepEqual(names, ["config.json", "machine.key", "vault.json", "vault.lock"]);
    });
  }
});

async function writeConfig(box: Box, text: string): Promise<void> {
  await Deno.mkdir(box.home, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(join(box.home, "config.json"), text);
}

function readConfig(box: Box): Promise<string> {
  return Deno.readTextFile(join(box.home, "config.json"));
}

async function opened({ home }: Box): Promise<Record<string, string | undefined>> {
  const ids = Object.keys(KEYS);
  return Object.fromEntries(
    await Promise.all(ids.map(async (id) => [id, await stored(home, "api-key", id, HERE)])),
  );
}
