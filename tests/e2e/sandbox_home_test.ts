import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { testWith } from "../support/needs.ts";
import type { RunOptions } from "../support/program.ts";
import { messagesIn, recipe } from "../support/recipe.ts";
import {
  as,
  assertRefused,
  assertTested,
  filesIn,
  makeYard,
  proveWorking,
  setKey,
  USER,
} from "../support/sandbox.ts";

const NEEDS = ["compile", "namespace", "openssl", "setpriv"] as const;

const HEADING = "A user without a home";

testWith(NEEDS, "the recipe for a user without a home lets a key be stored and used", async () => {
  await using yard = await makeYard();
  const { providers, box } = yard;
  const folder = `${box.folder}/service`;
  const script = recipe(HEADING)
    .replaceAll("/var/lib/agentgazer", folder)
    .replace("env -i", `env -i DENO_CERT='${providers.authority}'`)
    .replace("setpriv", "exec setpriv")
    .replace('"$(command -v agentgazer)" start', '"$0" "$@"');
  await proveWorking(yard, { wrapper: ["sh", "-c", script] });
  assert.ok((await filesIn(folder)).includes("machine.key"));
  const { uid, mode } = await Deno.stat(folder);
  assert.deepEqual([uid, mode! & 0o777], [USER, 0o700]);
});

testWith(NEEDS, "a user without a home is told what is missing", async (t) => {
  assert.ok(!existsSync("/nonexistent"), "/nonexistent is there");
  await using yard = await makeYard();
  const rootsOwn = await yard.folder("roots", 0, 0o755);
  const open = await yard.folder("open", 0, 0o1777);
  const link = `${open}/dangling`;
  await Deno.symlink("/nonexistent/folder", link);
  const file = await yard.file("file", "");
  const told = messagesIn(HEADING);
  const rows: [name: string, env: Record<string, string>, code: number, message: string][] = [
    ["no HOME", {}, 2, "HOME is not set"],
    ["an empty HOME", { HOME: "" }, 2, "HOME is not set"],
    ["a HOME that is not absolute", { HOME: "home" }, 2, "the path is not absolute"],
    ["a HOME that is not there", { HOME: "/nonexistent" }, 5, "/nonexistent/.agentgazer"],
    ["HOME=/", { HOME: "/" }, 5, "/.agentgazer"],
    ["HOME=/dev/null", { HOME: "/dev/null" }, 5, "/dev/null"],
    ["a folder of ~", { AGENTGAZER_HOME: "~/.agentgazer" }, 2, "the path is not absolute"],
    ["a folder in root's", { AGENTGAZER_HOME: `${rootsOwn}/vault` }, 5, rootsOwn],
    ["root's folder", { AGENTGAZER_HOME: rootsOwn }, 6, "belongs to another user"],
    ["root's folder, open to all", { AGENTGAZER_HOME: open }, 6, "belongs to another user"],
    ["a file", { AGENTGAZER_HOME: file }, 5, "it is not a folder"],
    ["a folder in a file", { AGENTGAZER_HOME: `${file}/vault` }, 5, file],
    ["a link to nowhere", { AGENTGAZER_HOME: link }, 5, link],
  ];
  for (const [name, env, code, message] of rows) {
    await t.step(name, async () => assertRefused(await setKey(yard, asUser(env)), code, message));
  }
  await t.step("start has nothing to say where it listens", async () => {
    await using proxy = await yard.box.start([], asUser({ HOME: "/nonexistent" }));
    await proxy.logged(/warn: .*\/nonexistent\/\.agentgazer/);
  });
  assert.deepEqual(told.filter((message) => !rows.some((row) => row[3] === message)), []);
  assert.deepEqual(await filesIn(rootsOwn), []);
  assert.deepEqual((await Array.fromAsync(Deno.readDir(open))).map(({ name }) => name), ["dangling"]);
});

testWith(
  NEEDS,
  "a user without a name gets one later: the vault says so, and a key file does not mind",
  async (t) => {
    await using yard = await makeYard();
    const passwd = await Deno.readTextFile("/etc/passwd");
    const named = await yard.file(
      "passwd",
      `${passwd}late:x:${USER}:${USER}::/nonexistent:/bin/false\n`,
      0,
      0o644,
    );
    const key = await yard.file("key", crypto.getRandomValues(new Uint8Array(32)));
    const mount = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"', named];
    for (const env of [{}, { AGENTGAZER_MACHINE_KEY_FILE: key }]) {
      const isBound = Object.keys(env).length === 0;
      await t.step(isBound ? "without a key file" : "with one", async () => {
        const home = await yard.folder(isBound ? "bound" : "free");
        const before = asUser({ ...env, AGENTGAZER_HOME: home });
        const later = { ...before, wrapper: [...mount, ...before.wrapper!] };
        assert.equal((await setKey(yard, before)).code, 0);
        if (isBound) assertRefused(await setKey(yard, later), 5, "it was made by");
        else await assertTested(yard, later);
      });
    }
  },
);

/** With these variables only, and those without which nothing reaches the stand-in providers. */
function asUser(env: Readonly<Record<string, string>>): RunOptions {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return { wrapper: [...as(USER), "env", "-u", "HOME", "-u", "TMPDIR", ...settings] };
}
