import assert from "node:assert/strict";
import { detectKeyStores } from "../../../backends/detect.ts";
import type { KeyStore } from "../../../lib/vault/keystore.ts";
import { type CommandLine, commandLine, type CommandOptions } from "../../support/command_line.ts";
import { stored } from "../../support/stored.ts";

const TWO = '{"x":1.0,"providers":{"openai":{"apiKey":"sk-1"},"yi":"k-2"}}';
const NONE = '{"x":1.0,"providers":{"openai":{}}}';

/** Ends `start` once it listens. */
const STOP: CommandOptions = { onErr: (text, system) => /listens on/.test(text) && system.raise("SIGINT") };

const MIGRATING: [args: string, code: number, options?: CommandOptions][] = [
  ["providers list", 0],
  ["providers list --all --json", 0],
  ["providers set google AIza-x --force", 0],
  ["providers set openai sk-new", 0],
  ["providers remove yi --yes", 0],
  ["providers remove mistral --yes", 4],
  ["providers test cohere", 3],
  ["clients add ci", 0],
  ["clients list", 0],
  ["clients remove nobody", 4],
  ["env", 0],
  ["keystore status", 0],
  ["keystore move --to machine", 0],
  ["import agentgazer", 4],
  ["start --port 0", 0, STOP],
];

Deno.test("every command that uses the vault moves the plaintext keys first, and says so once", async (t) => {
  for (const [args, code, options] of MIGRATING) {
    await t.step(args, async () => {
      using box = boxWith(TWO);
      const first = await box.run(args.split(" "), options);
      assert.equal(first.code, code, first.err);
      assert.match(
        first.err,
        /moved 2 plaintext keys from config\.json into the vault \(openai, yi\); backups of config\.json may still hold/,
      );
      assert.equal(config(box), NONE);
      assert.equal(await stored(box.home, "api-key", "openai"), /set openai/.test(args) ? "sk-new" : "sk-1");
      assert.equal(await stored(box.home, "api-key", "yi"), /remove yi/.test(args) ? undefined : "k-2");
      const second = await box.run(["providers", "list"]);
      assert.deepEqual([second.code, second.err], [0, ""]);
    });
  }
});

const NOT_MIGRATING = [
  "--help",
  "--version",
  "providers --help",
  "providers list --help",
  "start --help",
  "completions bash",
  "completions zsh",
  "doctor",
  "doctor --json",
  "xyzzy",
  "providers",
  "providers set",
  "providers set nobody",
  "providers set openai-oauth k",
  "providers set openai k --region cn",
  "providers list --zzz",
  "clients add a/b",
  "env --shell tcsh",
  "keystore move",
  "keystore move --to nowhere",
  "import",
  "start --port x",
];

Deno.test("a command that does not use the vault leaves config.json and the folder alone", async (t) => {
  for (const args of NOT_MIGRATING) {
    await t.step(args, async () => {
      using box = boxWith(TWO);
      const upstream = () => Promise.resolve(new Response());
      const { err } = await box.run(args.split(" ").filter(Boolean), {
        upstream,
        sleep: () => Promise.resolve(),
      });
      assert.doesNotMatch(err, /moved/);
      assert.equal(config(box), TWO);
      assert.deepEqual([...Deno.readDirSync(box.home)].map(({ name }) => name), ["config.json"]);
    });
  }
});

const FAILED = /^agentgazer: plaintext keys in config\.json, if there are any, stay there: /;

/** What is told of keys that were stored, but not taken out. */
const STUCK = /^agentgazer: the vault has .*, but the plaintext stays in config\.json: /;

Deno.test("a migration that fails warns, leaves the plaintext and lets the command go on", async (t) => {
  const rows: [what: string, make: (box: CommandLine) => unknown, says: RegExp, opens?: RegExp][] = [
    [
      "the key file is missing",
      ({ home }) => Deno.removeSync(`${home}/machine.key`),
      /machine\.key is missing/,
    ],
    [
      "config.json is broken",
      ({ home }) => Deno.writeTextFileSync(`${home}/config.json`, "{,"),
      /not valid JSON \(line 1\)/,
    ],
    [
      "config.json is open",
      ({ home }) => Deno.chmodSync(`${home}/config.json`, 0o666),
      /others may write to it/,
    ],
    [
      "config.json is a link",
      ({ home }) => {
        Deno.renameSync(`${home}/config.json`, `${home}/real.json`);
        Deno.symlinkSync("real.json", `${home}/config.json`);
      },
      /the vault has openai, yi now, but .*config\.json: it is a link\nagentgazer: hint: delete the keys from the file that \S+config\.json leads to\n$/,
      STUCK,
    ],
    ["config.json is a folder", ({ home }) => {
      Deno.removeSync(`${home}/config.json`);
      Deno.mkdirSync(`${home}/config.json`);
    }, /it is not a file/],
    ["the lock is a link", ({ home }) => {
      Deno.removeSync(`${home}/vault.lock`);
      Deno.symlinkSync("vault.json", `${home}/vault.lock`);
    }, /vault\.lock: it is a link/],
  ];
  for (const [what, make, says, opens = FAILED] of rows) {
    await t.step(what, async () => {
      using box = boxWith("{}");
      await box.run(["clients", "add", "ci"]);
      Deno.writeTextFileSync(`${box.home}/config.json`, TWO);
      make(box);
      const before = await box.run(["doctor"], { sleep: () => Promise.resolve() }).then(() => look(box));
      const { code, out, err } = await box.run(["clients", "list"]);
      assert.equal(code, 0, err);
      assert.match(out, /^ci\t/);
      assert.match(err, opens);
      assert.match(err, says);
      assert.match(err, /^agentgazer: hint: /m);
      assert.equal(look(box), before);
      if (opens !== STUCK) return;
      assert.equal(await stored(box.home, "api-key", "openai"), "sk-1");
      assert.equal(await stored(box.home, "api-key", "yi"), "k-2");
    });
  }
});

Deno.test("a migration that fails is told once, at the end of the command", async (t) => {
  const failing = async () => {
    const box = boxWith("{}");
    await box.run(["clients", "add", "ci"]);
    Deno.writeTextFileSync(`${box.home}/config.json`, TWO);
    Deno.removeSync(`${box.home}/machine.key`);
    return box;
  };
  await t.step("after what the command says", async () => {
    using box = await failing();
    const { code, err } = await box.run(["providers", "list"]);
    assert.equal(code, 0, err);
    const lines = err.split("\n");
    assert.deepEqual([lines.length, lines[0]], [5, "agentgazer: no credential is stored"]);
    assert.match(lines[2]!, FAILED);
    assert.match(lines.slice(2).join("\n"), /^.*machine\.key is missing\nagentgazer: hint: .*\n$/);
  });
  await t.step("before another error", async () => {
    using box = await failing();
    const { code, err } = await box.run(["clients", "remove", "nobody"]);
    assert.equal(code, 4, err);
    assert.match(err, FAILED);
    assert.match(err, /\nagentgazer: error: /);
  });
  await t.step("not beside the same error", async () => {
    using box = await failing();
    const { code, err } = await box.run(["providers", "test"]);
    assert.equal(code, 5, err);
    assert.match(err, /^agentgazer: error: .*machine\.key is missing/);
    assert.doesNotMatch(err, /stay there/);
  });
});

Deno.test("of repeated plaintext keys the last is moved, and the other is told", async () => {
  using box = boxWith('{"providers":{"openai":"sk-1","openai":{"apiKey":"sk-2"}}}');
  const { code, err } = await box.run(["providers", "list"]);
  assert.equal(code, 0, err);
  assert.equal(await stored(box.home, "api-key", "openai"), "sk-2");
  assert.match(err, /^agentgazer: moved 1 plaintext key from config\.json into the vault \(openai\); /);
  assert.match(
    err,
    /\nagentgazer: config\.json still holds a plaintext key for openai: the vault has another one\n/,
  );
  assert.equal(config(box), '{"providers":{"openai":"sk-1","openai":{}}}');
});

Deno.test("a keystore that is locked keeps no command from working that needs none", async () => {
  const trouble = {
    state: "locked",
    reason: "Cannot open the keyring: it is locked",
    hint: "unlock it",
  } as const;
  const locked: KeyStore = {
    backend: "libsecret",
    examine: () => Promise.resolve(trouble),
    probe: () => Promise.resolve(trouble),
    create: () => assert.fail("it must not be asked"),
    open: () => Promise.resolve(trouble),
    remove: () => assert.fail("it must not be asked"),
  };
  using box = boxWith(TWO);
  const { code, out, err } = await box.run(["providers", "list"], {
    keyStores: () => detectKeyStores([locked], undefined),
  });
  assert.deepEqual([code, out], [0, ""], err);
  assert.match(err, /stay there: Cannot open the keyring: it is locked\nagentgazer: hint: unlock it/);
  assert.equal(config(box), TWO);
});

function boxWith(text: string): CommandLine {
  const box = commandLine();
  Deno.mkdirSync(box.home, { mode: 0o700 });
  Deno.writeTextFileSync(`${box.home}/config.json`, text, { mode: 0o600 });
  return box;
}

function config({ home }: CommandLine): string {
  return Deno.readTextFileSync(`${home}/config.json`);
}

/** The text of config.json, wherever it is. */
function look(box: CommandLine): string {
  try {
    return config(box);
  } catch (error) {
    return String(error);
  }
}
