import assert from "node:assert/strict";
import { homeFrom } from "../../../lib/vault/home.ts";
import { fails } from "../../support/failure.ts";

type Env = Readonly<Record<string, string>>;

const FOLDERS: [what: string, env: Env, folder: string][] = [
  ["HOME alone", { HOME: "/home/ada" }, "/home/ada/.agentgazer"],
  ["AGENTGAZER_HOME", { HOME: "/home/ada", AGENTGAZER_HOME: "/srv/keys" }, "/srv/keys"],
  ["AGENTGAZER_HOME without HOME", { AGENTGAZER_HOME: "/srv/keys" }, "/srv/keys"],
  ["a path with a space", { AGENTGAZER_HOME: "/srv/my keys" }, "/srv/my keys"],
];

Deno.test("homeFrom() gives absolute paths below the folder that the environment names", async (t) => {
  for (const [what, env, folder] of FOLDERS) {
    await t.step(what, () => {
      const { refreshLock, ...home } = homeFrom((name) => env[name]);
      assert.equal(refreshLock("openai-oauth"), `${folder}/refresh-openai-oauth.lock`);
      assert.deepEqual(home, {
        folder,
        config: `${folder}/config.json`,
        vault: `${folder}/vault.json`,
        lock: `${folder}/vault.lock`,
        machineKey: `${folder}/machine.key`,
        proxy: `${folder}/proxy.json`,
      });
    });
  }
});

const REFUSED: [what: string, env: Env, reason: RegExp][] = [
  ["neither variable", {}, /HOME is not set/],
  ["a relative AGENTGAZER_HOME", { HOME: "/home/ada", AGENTGAZER_HOME: "keys" }, /not absolute/],
  ["a dot", { HOME: "/home/ada", AGENTGAZER_HOME: "./.agentgazer" }, /not absolute/],
  ["a tilde", { HOME: "/home/ada", AGENTGAZER_HOME: "~/keys" }, /not absolute/],
  ["a relative HOME", { HOME: "ada" }, /not absolute/],
];

Deno.test("homeFrom() never takes a path that depends on the working directory", async (t) => {
  for (const [what, env, reason] of REFUSED) {
    await t.step(what, async () => {
      const { message, hint } = await fails("usage", () => homeFrom((name) => env[name]));
      assert.match(message, reason);
      assert.match(hint!, /AGENTGAZER_HOME/);
    });
  }
});
