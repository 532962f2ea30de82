import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
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
    ["clients add both --allow openai,google anthropic,", 0, TOKEN, NOTHING],
    ["clients list", 0, /^both\topenai,google,anthropic\t/m, NOTHING],
    ["clients remove both", 0, NOTHING, /removed/],
    ["clients add none --allow ,", 2, NOTHING, /Cannot find a provider/],
    ["clients add none --allow openai,,google", 2, NOTHING, /Cannot find a provider/],
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

Deno.test("providers list --json has the shape that scripts rely on", async () => {
  using box = commandLine();
  await box.run(["providers", "set", "openai", "sk-test"]);
  const all = JSON.parse((await box.run(["providers", "list", "--all", "--json"])).out);
  assert.deepEqual(all.map((row: { id: string }) => row.id), PROVIDERS.map(({ id }) => id));
  assert.deepEqual(all[0], {
    id: "openai",
    name: "OpenAI",
    auth: "api-key",
    status: "set",
    endpoint: "https://api.openai.com",
    region: null,
    updatedAt: NOW,
  });
  for (const row of all.slice(1)) {
    assert.deepEqual([row.status, row.region, row.updatedAt], ["none", null, null]);
  }
  assert.deepEqual(JSON.parse((await box.run(["providers", "list", "--json"])).out), [all[0]]);
});

const FAILED = { at: "2027-01-02T03:00:00.000Z", message: "status 503", permanent: false, count: 2 };
const SOON = new Date(START_TIME + 93_600_000).toISOString();
const PAST = new Date(START_TIME - 1).toISOString();

/** What stands in the clear of a login, what JSON has of it, and what the table's last columns have. */
const LOGINS: [what: string, fields: { [field: string]: Json }, json: object, cells: string[]][] = [
  ["nothing", {}, { status: "logged-in" }, ["-", "-", "-", "-"]],
  [
    "everything",
    {
      account: "ada@example.com",
      plan: "pro",
      expiresAt: SOON,
      renewable: true,
      refreshedAt: PAST,
      lastError: FAILED,
    },
    {
      status: "refresh-failed",
      expiresAt: SOON,
      account: "ada@example.com",
      plan: "pro",
      refreshedAt: PAST,
      lastError: { message: FAILED.message, at: FAILED.at },
    },
    ["ada@example.com (pro)", "in 1 d 2 h", PAST, `status 503 (${FAILED.at})`],
  ],
  [
    "an end that is over",
    { expiresAt: PAST },
    { status: "expired", expiresAt: PAST },
    ["-", "expired", "-", "-"],
  ],
  [
    "an end that is over, and will be moved",
    { expiresAt: PAST, renewable: true },
    { status: "logged-in", expiresAt: PAST },
    ["-", "expired", "-", "-"],
  ],
  [
    "nothing that can be shown",
    {
      account: "a\x1b[31mb",
      plan: " ",
      expiresAt: "2027",
      renewable: "true",
      refreshedAt: "yesterday\n",
      lastError: { ...FAILED, message: "a\nb" },
    },
    { status: "logged-in" },
    ["-", "-", "-", "-"],
  ],
];

Deno.test("providers list shows of a login what stands in the clear", async (t) => {
  for (const [what, fields, json, cells] of LOGINS) {
    await t.step(what, async () => {
      using box = commandLine();
      await putEntry(box, "login", "openai-oauth", '{"accessToken":"a"}', fields);
      const [row] = JSON.parse((await box.run(["providers", "list", "--json"])).out);
      const { id: _id, name: _name, auth: _auth, endpoint: _endpoint, region, updatedAt, ...rest } = row;
      assert.deepEqual([region, updatedAt], [null, NOW]);
      assert.deepEqual(rest, json);
      const { out } = await box.run(["providers", "list"]);
      assert.deepEqual(out.trimEnd().split("\t").slice(-4), cells);
    });
  }
});

Deno.test("providers list takes no end from an API key", async () => {
  using box = commandLine();
  await putEntry(box, "api-key", "openai", "sk-test", { expiresAt: PAST, account: "ada" });
  const [row] = JSON.parse((await box.run(["providers", "list", "--json"])).out);
  assert.deepEqual([row.status, "expiresAt" in row, "account" in row], ["set", false, false]);
});

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

Deno.test("clients list --json has the shape that scripts rely on", async () => {
  using box = commandLine();
  await box.run(["clients", "add", "ci", "--allow", "openai", "--expires", "1h"]);
  await box.run(["clients", "add", "all"]);
  const expiresAt = new Date(START_TIME + 3_600_000).toISOString();
  assert.deepEqual(JSON.parse((await box.run(["clients", "list", "--json"])).out), [
    { name: "all", allow: null, createdAt: NOW, expiresAt: null, minting: false },
    { name: "ci", allow: ["openai"], createdAt: NOW, expiresAt, minting: false },
  ]);
});

const LISTS: [args: string, options: CommandOptions, table: boolean, colored: boolean][] = [
  ["providers list", { isTerminal: true }, true, true],
  ["providers list", { isTerminal: true, env: { NO_COLOR: "1" } }, true, false],
  ["clients list", { isTerminal: true }, true, true],
  ["providers list", {}, false, false],
  ["clients list", {}, false, false],
  ["providers list --json", { isTerminal: true }, false, false],
];

Deno.test("listings are tables with colour on a terminal only", async (t) => {
  using box = commandLine();
  await box.run(["providers", "set", "openai", "sk-test"]);
  await box.run(["clients", "add", "ci"]);
  for (const [args, options, table, colored] of LISTS) {
    await t.step(`${args} ${JSON.stringify(options)}`, async () => {
      const { out } = await box.run(args.split(" "), options);
      assert.equal(/(ID|NAME) +/.test(out), table);
      assert.equal(out.includes("\x1b["), colored);
    });
  }
});

Deno.test("listings give the good entries and then name a damaged one", async (t) => {
  for (
    const [group, name, id] of [["providers", "openai", "api-key:openai"], ["clients", "ci", "client:ci"]]
  ) {
    await t.step(group!, async () => {
      using box = commandLine();
      for (const provider of ["openai", "google"]) await box.run(["providers", "set", provider, "k-test"]);
      for (const client of ["ci", "other"]) await box.run(["clients", "add", client]);
      const path = `${box.home}/vault.json`;
      const vault = JSON.parse(Deno.readTextFileSync(path));
      vault.entries[id!] = {};
      Deno.writeTextFileSync(path, JSON.stringify(vault));
      const { code, out, err } = await box.run([group!, "list", "--json"]);
      assert.equal(code, 8);
      assert.equal(JSON.parse(out).length, 1);
      const { error } = JSON.parse(err);
      assert.ok(error.hint.startsWith(`agentgazer ${group} remove ${name}`), error.hint);
      assert.equal((await box.run([group!, "remove", name!])).code, 0);
      assert.equal((await box.run([group!, "list"])).code, 0);
    });
  }
});
