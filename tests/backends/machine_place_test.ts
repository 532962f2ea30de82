import assert from "node:assert/strict";
import { relative } from "node:path";
import { keyFileFrom } from "../../backends/key_file.ts";
import { fails } from "../support/failure.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const OWN = "/home/ada/.agentgazer/machine.key";

function placeIn(env: Record<string, string>): string {
  const { path, named } = keyFileFrom((name) => env[name], OWN);
  return `${named || "own"} ${path}`;
}

Deno.test("keyFileFrom() takes the named file, else a unit's credential, else our own", async (t) => {
  using folder = temporaryFolder();
  const credential = folder.at("agentgazer.key");
  Deno.writeFileSync(credential, new Uint8Array(32));
  Deno.mkdirSync(folder.at("empty"));
  Deno.mkdirSync(folder.at("dangling"));
  Deno.symlinkSync("/nonexistent/key", folder.at("dangling/agentgazer.key"));
  const rows: [what: string, env: Record<string, string>, wanted: string][] = [
    ["nothing", {}, `own ${OWN}`],
    ["a name", { AGENTGAZER_MACHINE_KEY_FILE: "/k" }, "AGENTGAZER_MACHINE_KEY_FILE /k"],
    ["a credential", { CREDENTIALS_DIRECTORY: folder.path }, `CREDENTIALS_DIRECTORY ${credential}`],
    [
      "both: the name says more",
      { AGENTGAZER_MACHINE_KEY_FILE: "/k", CREDENTIALS_DIRECTORY: folder.path },
      "AGENTGAZER_MACHINE_KEY_FILE /k",
    ],
    ["a unit without one", { CREDENTIALS_DIRECTORY: folder.at("empty") }, `own ${OWN}`],
    ["a folder that is not there", { CREDENTIALS_DIRECTORY: folder.at("gone") }, `own ${OWN}`],
    ["a link to nowhere, which is no absence", {
      CREDENTIALS_DIRECTORY: folder.at("dangling"),
    }, `CREDENTIALS_DIRECTORY ${folder.at("dangling/agentgazer.key")}`],
    ["a file in place of the folder, which is none", {
      CREDENTIALS_DIRECTORY: credential,
    }, `CREDENTIALS_DIRECTORY ${credential}/agentgazer.key`],
  ];
  for (const [what, env, wanted] of rows) await t.step(what, () => assert.equal(placeIn(env), wanted));
});

Deno.test("keyFileFrom() takes no path from the working directory", async () => {
  using folder = temporaryFolder();
  Deno.writeFileSync(folder.at("agentgazer.key"), new Uint8Array(32));
  const here = relative(Deno.cwd(), folder.path);
  for (const folder of [here, "", "."]) {
    assert.equal(placeIn({ CREDENTIALS_DIRECTORY: folder }), `own ${OWN}`);
  }
  const named = { AGENTGAZER_MACHINE_KEY_FILE: `${here}/agentgazer.key` };
  assert.match((await fails("usage", () => placeIn(named))).message, /not absolute/);
});
