import assert from "node:assert/strict";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";
import { putEntry } from "../../support/command_vault.ts";
import { START_TIME } from "../../support/fake_system.ts";
import { stored } from "../../support/stored.ts";

const NOW = new Date(START_TIME).toISOString();

/** One command line of a story, in which each finds what the ones before it left. */
type Line = readonly [args: string, code: number, out: RegExp, err: RegExp, options?: CommandOptions];

const NOTHING = /^$/;
const TOKEN = /^agz_[\w-]{43}\n$/;

const STORIES: Readonly<Record<string, readonly Line[]>> = {
  "without a vault": [
    ["", 0, /^agentgazer 1\.2\.3\nCredentials: none yet\nProxy: {7}not running\n/, NOTHING],
    ["--version", 0, /^agentgazer 1\.2\.3\n$/, NOTHING],
    [
      "providers list",
      0,
      NOTHING,
      /^agentgazer: no credential is stored\nagentgazer: hint: agentgazer providers set <id>\n$/,
    ],
    ["providers list --json", 0, /^\[\]\n$/, NOTHING],
    [
      "clients list",
      0,
      NOTHING,
      /there are no clients yet\nagentgazer: hint: agentgazer clients add <name>\n$/,
    ],
    ["clients list --json", 0, /^\[\]\n$/, NOTHING],
    ["providers remove openai", 4, NOTHING, /none is stored\nagentgazer: hint: agentgazer providers list\n$/],
    ["clients remove ci", 4, NOTHING, /Cannot find a client/],
    ["env --client ci", 4, NOTHING, /hint: agentgazer clients list, or agentgazer clients add <name>\n$/],
  ],
  "of an API key": [
    ["providers set openai", 0, NOTHING, /^agentgazer: stored the OpenAI key\n$/, {
      stdin: ["sk-te", "st-1\n"],
    }],
    ["providers set anthropic -", 0, NOTHING, /^agentgazer: stored the Anthropic key\n$/, {
      stdin: ["sk-ant-1\r\n"],
    }],
    [
      "providers set deepseek sk-test-3",
      0,
      NOTHING,
      /was on the command line.*\nagentgazer: hint: next time: agentgazer providers set deepseek </,
    ],
    [
      "providers list",
      0,
      new RegExp(
        `^openai\tOpenAI\tapi-key\tset\thttps://api.openai.com\t-\t${NOW}(\t-){4}\nanthropic\t.*\ndeepseek\t.*\n$`,
      ),
      NOTHING,
    ],
    ["providers remove openai", 0, NOTHING, /^agentgazer: removed the OpenAI key\n$/],
    ["providers remove openai", 4, NOTHING, /none is stored/],
    ["providers list", 0, /^anthropic\t.*\ndeepseek\t.*\n$/, NOTHING],
  ],
  "of a key that can't be one": [
    [
      "providers set openai",
      2,
      NOTHING,
      /: stdin is empty\nagentgazer: hint: agentgazer providers set openai < key\.txt\n$/,
    ],
    ["providers set openai -", 2, NOTHING, /: stdin is empty\n/],
    ["providers set openai", 2, NOTHING, /: it is empty\n/, { stdin: ["\n"] }],
    ["providers set openai", 2, NOTHING, /: it is empty\n/, { isTerminal: true, stdin: ["\r"] }],
    ["providers set openai", 2, NOTHING, /white space or more than one line/, { stdin: ["sk-1\nsk-2\n"] }],
    ["providers set openai", 2, NOTHING, /longer than 8192 bytes/, {
      stdin: ["k".repeat(5000), "k".repeat(5000)],
    }],
    [
      "providers set openai sk-ant-1",
      6,
      NOTHING,
      /looks like a key of Anthropic\nagentgazer: hint: .*--force\n/,
    ],
    ["providers set openai sk-admin-1", 6, NOTHING, /admin key/],
    ["providers list --json", 0, /^\[\]\n$/, NOTHING],
    ["providers set openai sk-admin-1 --force", 0, NOTHING, /stored/],
  ],
  "of a provider with a login": [
    [
      "providers set openai-oauth sk-1",
      2,
      NOTHING,
      /^agentgazer: error: Cannot store a key for OpenAI Codex: it takes a login\nagentgazer: hint: agentgazer login openai-oauth\n$/,
    ],
    [
      "providers set zhipu-coding-plan k-1",
      2,
      NOTHING,
      /Cannot store a key here for Zhipu GLM Coding Plan: its key is stored by a login\nagentgazer: hint: agentgazer login zhipu-coding-plan\n$/,
    ],
    [
      "providers remove minimax-oauth",
      4,
      NOTHING,
      /Cannot remove the MiniMax Coding Plan credential: none is stored\nagentgazer: hint: agentgazer providers list\n$/,
    ],
  ],
  "of a person who is asked": [
    ["providers set openai", 0, NOTHING, /^OpenAI API key \(not shown\): \nagentgazer: stored/, {
      isTerminal: true,
      stdin: ["sk-1\r"],
    }],
    ["providers set google", 130, NOTHING, /\nagentgazer: Interrupted, nothing was changed\n$/, {
      isTerminal: true,
      stdin: ["AIza\x03"],
    }],
    [
      "providers remove openai",
      130,
      NOTHING,
      /^Remove the OpenAI key\? \[y\/N\] agentgazer: Nothing was removed\n$/,
      {
        isTerminal: true,
        stdin: ["n\n"],
      },
    ],
    ["providers remove openai", 130, NOTHING, /Nothing was removed/, { isTerminal: true, stdin: ["\n"] }],
    ["providers remove openai", 130, NOTHING, /Nothing was removed/, { isTerminal: true }],
    ["providers list --json", 0, /"openai"/, NOTHING],
    ["providers remove openai", 0, NOTHING, /removed the OpenAI key\n$/, {
      isTerminal: true,
      stdin: ["Y", "es\n"],
    }],
    ["providers set openai sk-2", 0, NOTHING, /stored/],
    ["providers remove openai --yes", 0, NOTHING, /^agentgazer: removed the OpenAI key\n$/, {
      isTerminal: true,
    }],
  ],
  "of a client": [
    ["clients add ci", 0, TOKEN, NOTHING],
    ["clients add ci", 2, NOTHING, /there is one already/],
    ["clients add limited --allow openai google --expires 30d --allow-minting", 0, TOKEN, NOTHING],
    [
      "clients list",
      0,
      new RegExp(
        `^ci\tall\t${NOW}\tnever\nlimited\topenai,google \\+minting\t${NOW}\t2027-02-01T03:04:05.000Z\n$`,
      ),
      NOTHING,
    ],
    ["clients remove ci", 0, NOTHING, /^agentgazer: removed the client; its token is no longer valid\n$/],
    ["clients add both --allow openai,google anthropic,", 0, TOKEN, NOTHING],
    ["clients list", 0, /^both\topenai,google,anthropic\t/m, NOTHING],
    ["clients remove both", 0, NOTHING, /removed/],
    ["clients add none --allow ,", 2, NOTHING, /Cannot find a provider/],
    ["clients add none --allow openai,,google", 2, NOTHING, /Cannot find a provider/],
    ["clients remove ci", 4, NOTHING, /hint: agentgazer clients list\n$/],
    ["clients list", 0, /^limited\t/, NOTHING],
  ],
};

for (const [what, lines] of Object.entries(STORIES)) {
  Deno.test(`runCli() tells the story ${what}`, async (t) => {
    using box = commandLine();
    for (const [at, [args, code, out, err, options]] of lines.entries()) {
      await t.step(`${at + 1}: ${args}`, async () => {
        const result = await box.run(args.split(" ").filter(Boolean), options);
        assert.equal(result.code, code, result.err);
        assert.match(result.out, out);
        assert.match(result.err, err);
      });
    }
  });
}

Deno.test("providers remove takes away no login that `logout` ends", async () => {
  using box = commandLine();
  await putEntry(box, "login", "openai-oauth", '{"accessToken":"a"}');
  const { code, out, err } = await box.run(["providers", "remove", "openai-oauth", "--yes"]);
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /credential is a login\nagentgazer: hint: agentgazer logout openai-oauth\n$/);
  assert.equal(await stored(box.home, "login", "openai-oauth"), '{"accessToken":"a"}');
});

Deno.test("logout also removes logins that this version does not know, or not as logins", async (t) => {
  for (const id of ["future", "openai", "../outside"]) {
    await t.step(id, async () => {
      using box = commandLine();
      await putEntry(box, "login", id, '{"accessToken":"a"}');
      const { code, err } = await box.run(["logout", id]);
      assert.equal(code, 0, err);
      assert.equal(await stored(box.home, "login", id), undefined);
    });
  }
});
