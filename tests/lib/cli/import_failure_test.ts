import assert from "node:assert/strict";
import type { LegacyItems } from "../../../lib/vault/legacy.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { type CommandLine, commandLine, type Result } from "../../support/command_line.ts";
import { fakeItems } from "../../support/fake_items.ts";
import { LEGACY_IDENTITY, legacyFile } from "../../support/legacy_file.ts";
import { testWith } from "../../support/needs.ts";
import { stored } from "../../support/stored.ts";

const KEY = "com.agentgazer.provider";

const BAD_FILES: [what: string, make: (box: CommandLine) => unknown, code: number, says: RegExp][] = [
  ["no JSON", (box) => write(box, CANARY), 2, /it is no secrets\.enc of version 1/],
  ["nothing", (box) => write(box, ""), 2, /it is no secrets\.enc/],
  [
    "version 2",
    (box) => write(box, legacyFile("{}").replace('"version": 1', '"version": 2')),
    2,
    /of version 1/,
  ],
  [
    "another user's content",
    (box) => write(box, legacyFile("{}", { identity: "machine:bob" })),
    5,
    /another machine or by/,
  ],
  [
    "a flipped tag",
    (box) => write(box, legacyFile("{}").replace(/("tag": ")./, "$1x")),
    2,
    /no secrets\.enc/,
  ],
  ["no services in it", (box) => write(box, legacyFile("null")), 2, /no secrets\.enc/],
  ["a text in it", (box) => write(box, legacyFile(CANARY)), 2, /no secrets\.enc/],
  [
    "a file that others may write to",
    ({ home }) => Deno.chmodSync(`${home}/secrets.enc`, 0o666),
    6,
    /others may write/,
  ],
  [
    "a folder",
    ({ home }) => {
      Deno.removeSync(`${home}/secrets.enc`);
      Deno.mkdirSync(`${home}/secrets.enc`);
    },
    6,
    /it is not a file/,
  ],
];

Deno.test("import agentgazer takes the rest when the file can't be read, and ends with its exit code", async (t) => {
  for (const [what, make, code, says] of BAD_FILES) {
    await t.step(what, async () => {
      using box = boxWith(legacyFile("{}"));
      make(box);
      const result = await run(box, [fakeItems({ [`${KEY}/google`]: "AIza" })]);
      assert.deepEqual([result.code, result.out], [code, ""], result.err);
      assert.match(result.err, /in the vault now: google;[^]*agentgazer: error: /);
      assert.match(result.err, says);
      assertNoCanary(result.err, "the message");
      assert.equal(await stored(box.home, "api-key", "google"), "AIza");
    });
  }
});

testWith(["setpriv"], "import agentgazer does not take another user's file", async () => {
  using box = boxWith(legacyFile(JSON.stringify({ [KEY]: { yi: "k" } })));
  Deno.chownSync(`${box.home}/secrets.enc`, 4321, null);
  const { code, err } = await run(box);
  assert.equal(code, 6);
  assert.match(err, /secrets\.enc: it belongs to another user/);
});

Deno.test("import agentgazer does not mind a salt that makes no sense", async (t) => {
  for (const salt of ['"zz"', '"abc"', '""', "5", "null", '["ab"]', `"${CANARY}"`]) {
    await t.step(salt, async () => {
      using box = boxWith(legacyFile(JSON.stringify({ [KEY]: { yi: "k" } })));
      Deno.writeTextFileSync(`${box.home}/config.json`, `{"_machineKeySalt":${salt}}`);
      const { code, err } = await run(box);
      assert.equal(code, 0, err);
      assertNoCanary(err, "the message");
    });
  }
});

Deno.test("import agentgazer works without a usable HOME when AGENTGAZER_HOME is set", async (t) => {
  for (const HOME of ["", "relative", "/nowhere/at/all"]) {
    await t.step(JSON.stringify(HOME), async () => {
      using box = boxWith(legacyFile(JSON.stringify({ [KEY]: { yi: "k" } })));
      const { code, err } = await run(box, [], { HOME });
      assert.equal(code, 0, err);
    });
  }
});

Deno.test("import agentgazer stores nothing, and says why, when the vault can't be opened", async () => {
  using box = boxWith(legacyFile(JSON.stringify({ [KEY]: { yi: "k" } })));
  await box.run(["clients", "add", "ci"]);
  Deno.removeSync(`${box.home}/machine.key`);
  const before = Deno.readFileSync(`${box.home}/vault.json`);
  const { code, err } = await run(box);
  assert.equal(code, 5);
  assert.match(err, /machine\.key is missing/);
  assert.deepEqual(Deno.readFileSync(`${box.home}/vault.json`), before);
});

function run(box: CommandLine, items: readonly LegacyItems[] = [], env = {}): Promise<Result> {
  const legacy = { items, identity: () => Promise.resolve(LEGACY_IDENTITY) };
  return box.run(["import", "agentgazer"], { legacy, env });
}

function boxWith(content: string): CommandLine {
  const box = commandLine();
  Deno.mkdirSync(box.home, { mode: 0o700 });
  write(box, content);
  Deno.chmodSync(`${box.home}/secrets.enc`, 0o600);
  return box;
}

function write({ home }: CommandLine, content: string): void {
  Deno.writeTextFileSync(`${home}/secrets.enc`, content);
}
