import assert from "node:assert/strict";
import * as os from "node:os";
import { join } from "node:path";
import { assertNoCanary, CANARY } from "../support/canary.ts";
import { legacyFile } from "../support/legacy_file.ts";
import { testWith } from "../support/needs.ts";
import { type Box, makeBox } from "../support/program.ts";
import { HERE, stored } from "../support/stored.ts";

const SECRETS = JSON.stringify({
  "com.agentgazer.provider": { openai: "sk-proj-1", mistral: CANARY },
  "com.agentgazer.oauth": {
    "openai-oauth": JSON.stringify({ accessToken: CANARY, expiresAt: 4_000_000_000 }),
  },
});

const SALT = "0123456789abcdef".repeat(4);

testWith(
  ["compile"],
  "agentgazer import brings in what AgentGazer stored on this machine, and changes none of it",
  async (t) => {
    for (const saltHex of [undefined, SALT]) {
      await t.step(saltHex === undefined ? "by its first versions" : "by its later versions", async () => {
        await using box = await makeBox();
        const file = await writeSecrets(
          box,
          legacyFile(SECRETS, { identity: here(), ...saltHex && { saltHex } }),
        );
        const config = join(box.home, "config.json");
        await Deno.writeTextFile(config, JSON.stringify({ _machineKeySalt: saltHex, port: 1 }));
        const before = [await look(file), await look(config)];
        const { code, stdout, stderr } = await box.run(["import", "agentgazer"]);
        assert.deepEqual([code, stdout], [0, ""], stderr);
        assert.match(stderr, /in the vault now: openai, mistral, openai-oauth; the originals are untouched/);
        assertNoCanary(stderr, "the output");
        assert.deepEqual([await look(file), await look(config)], before);
        assert.equal(await stored(box.home, "api-key", "openai", HERE), "sk-proj-1");
        assert.equal(await stored(box.home, "api-key", "mistral", HERE), CANARY);
        assert.equal(await stored(box.home, "login", "openai-oauth", HERE), `{"accessToken":"${CANARY}"}`);
        const rows = JSON.parse((await box.run(["providers", "list", "--json"])).stdout);
        const login = rows.find(({ id }: { id: string }) => id === "openai-oauth");
        assert.deepEqual([login.status, login.expiresAt], ["logged-in", "2096-10-02T07:06:40.000Z"]);
      });
    }
  },
);

testWith(
  ["compile"],
  "agentgazer import finds the product's folder whatever AGENTGAZER_HOME says",
  async () => {
    await using box = await makeBox();
    await writeSecrets(box, legacyFile(SECRETS, { identity: here() }));
    const other = join(box.folder, "other");
    const { code, stderr } = await box.run(["import", "agentgazer"], { env: { AGENTGAZER_HOME: other } });
    assert.equal(code, 0, stderr);
    assert.equal(await stored(other, "api-key", "openai", HERE), "sk-proj-1");
    assert.deepEqual([...Deno.readDirSync(box.home)].map(({ name }) => name), ["secrets.enc"]);
  },
);

testWith(["compile"], "agentgazer import does not open what another user or machine wrote", async (t) => {
  const [machine, user] = here().split(":");
  for (const identity of [`${machine}:nobody-else`, `${"0".repeat(32)}:${user}`]) {
    await t.step(identity.endsWith(user!) ? "machine" : "user", async () => {
      await using box = await makeBox();
      await writeSecrets(box, legacyFile(SECRETS, { identity }));
      const { code, stderr } = await box.run(["import", "agentgazer"]);
      assert.equal(code, 5);
      assert.match(
        stderr,
        /error: Cannot import .*secrets\.enc: it was made on another machine or by another user/,
      );
      assert.deepEqual([...Deno.readDirSync(box.home)].map(({ name }) => name), ["secrets.enc"]);
    });
  }
});

testWith(["compile"], "agentgazer import says that there is nothing", async () => {
  await using box = await makeBox();
  const { code, stderr } = await box.run(["import", "agentgazer"]);
  assert.equal(code, 4, stderr);
  assert.match(stderr, /Cannot find anything that AgentGazer stored/);
});

/** What the product encrypts for: the first machine id that there is, else the host's name, and the user's. */
function here(): string {
  const ids = ["/etc/machine-id", "/var/lib/dbus/machine-id"].map((path) => {
    try {
      return Deno.readTextFileSync(path).trim();
    } catch {
      return "";
    }
  });
  return `${ids.find((id) => id !== "") ?? os.hostname()}:${os.userInfo().username}`;
}

async function writeSecrets(box: Box, content: string): Promise<string> {
  await Deno.mkdir(box.home, { recursive: true, mode: 0o700 });
  const path = join(box.home, "secrets.enc");
  await Deno.writeTextFile(path, content, { mode: 0o600 });
  return path;
}

async function look(path: string): Promise<unknown> {
  const { ino, mode, mtime } = await Deno.stat(path);
  return { ino, mode, mtime, content: await Deno.readTextFile(path) };
}
