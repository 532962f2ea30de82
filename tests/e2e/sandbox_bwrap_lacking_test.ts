import assert from "node:assert/strict";
import { inSandbox, RECIPE } from "../support/bwrap.ts";
import { testWith } from "../support/needs.ts";
import { messagesIn, without } from "../support/recipe.ts";
import { startPty } from "../support/pty.ts";
import { canaryKey } from "../support/scene.ts";
import { assertRefused, filesIn, makeYard, setKey } from "../support/sandbox.ts";

const NEEDS = ["compile", "namespace", "openssl", "setpriv", "bwrap"] as const;

/** What a test of its own has. */
const TERMINAL = "Cannot read from the terminal";

testWith(NEEDS, "docs/sandboxes.md says what the bwrap recipe lacks", async (t) => {
  await using yard = await makeYard();
  const home = await yard.folder("daemon", 1);
  const empty = await yard.folder("new", 1);
  assert.equal((await setKey(yard, inSandbox(yard, home, RECIPE, 1))).code, 0);
  const files = await filesIn(`${home}/.agentgazer`);
  const before = await Deno.readFile(`${home}/.agentgazer/vault.json`);
  const lacks = (...pieces: string[]) => without(RECIPE, ...pieces);
  const has = (more: string) => RECIPE.replace("--proc", `${more} --proc`);
  const last = (more: string) => RECIPE.replace('/agentgazer "$@"', `${more} /agentgazer "$@"`);
  const [list, test, add] = [["providers", "list"], ["providers", "test"], ["clients", "add", "ci"]];
  const libraries = ["--ro-bind /usr/lib /usr/lib", "--ro-bind-try /usr/lib64 /usr/lib64"];
  const names = ["--ro-bind /etc/resolv.conf /etc/resolv.conf", "--ro-bind /etc/hosts /etc/hosts"];
  const id = "--ro-bind-try /etc/machine-id /etc/machine-id";
  const rows: [
    lacking: string,
    script: string,
    args: string[],
    code: number,
    message: string,
    home?: string,
  ][] = [
    ["/proc", lacks("--proc /proc"), list, 1, "Is /proc mounted?"],
    ["libraries", lacks(...libraries), list, 1, "execvp /agentgazer: No such file or directory"],
    [
      "the link to them",
      lacks("--symlink usr/lib64 /lib64"),
      list,
      1,
      "execvp /agentgazer: No such file or directory",
    ],
    ["names", lacks(...names), test, 7, "could not be reached"],
    ["the network", has("--unshare-net"), test, 7, "could not be reached"],
    ["an authority", last("--setenv DENO_CERT /none.pem"), test, 7, "could not be reached"],
    [
      "all authorities",
      last("--unsetenv DENO_CERT --setenv DENO_TLS_CA_STORE system"),
      test,
      7,
      "could not be reached",
    ],
    ["the user's name", lacks("--ro-bind /etc/passwd /etc/passwd"), add, 5, "it was made by"],
    ["the user's id", has("--unshare-user --uid 2"), add, 5, "it was made by"],
    ["the machine's id", lacks(id), add, 5, "machine with a machine-id"],
    ["a folder to write to", RECIPE.replace('--bind "$vault"', '--ro-bind "$vault"'), add, 5, "read-only"],
    ["a folder", lacks('--bind "$vault" "$vault"'), add, 5, "read-only"],
    [
      "a keyring",
      has("--setenv AGENTGAZER_SECRET_BACKEND libsecret"),
      add,
      5,
      "there is no D-Bus session bus",
      empty,
    ],
  ];
  for (const [lacking, script, args, code, message, place = home] of rows) {
    await t.step(`${lacking}: ${message}`, async () => {
      const run = await yard.box.run(args, inSandbox(yard, place, script, 1));
      if (code === 1) assert.ok(run.stderr.includes(message), run.stderr);
      else assertRefused(run, code, message);
      assert.deepEqual(await filesIn(`${home}/.agentgazer`), files);
      assert.deepEqual(await Deno.readFile(`${home}/.agentgazer/vault.json`), before);
    });
  }
  assert.deepEqual(await filesIn(`${empty}/.agentgazer`), []);
  assert.deepEqual(
    messagesIn("bwrap").filter((told) =>
      told !== TERMINAL && !rows.some(([, , , , message]) => message === told)
    ),
    [],
  );
});

testWith(
  [...NEEDS, "script"],
  "the bwrap recipe lets a key be typed, and says when it can't be",
  async (t) => {
    await using yard = await makeYard();
    const home = await yard.folder("root", 0);
    const asking = (script: string) => {
      const { wrapper, env } = inSandbox(yard, home, script, 0);
      const words = [...wrapper!, "agentgazer-bwrap", "providers", "set", "openai"];
      const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
      return startPty(`${line}; echo code=$?`, env!);
    };
    await t.step("without /dev", async () => {
      await using pty = asking(without(RECIPE, "--dev /dev", "--remount-ro /dev"));
      await pty.shown(/not shown/);
      await pty.shown(new RegExp(`agentgazer: error: ${TERMINAL}.*\\s+agentgazer: hint: .*/dev[^]*code=2`));
      assert.doesNotMatch(pty.screen(), /this is a bug/i);
      assert.deepEqual(await filesIn(`${home}/.agentgazer`), []);
    });
    await t.step("with it", async () => {
      await using pty = asking(RECIPE);
      await pty.shown(/not shown/);
      await pty.type(`${canaryKey("openai")}\r`);
      await pty.shown(/stored the OpenAI key[^]*code=0/);
      assert.ok(!pty.screen().includes(canaryKey("openai")));
    });
  },
);
