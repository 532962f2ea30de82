import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";
import { putEntry } from "../../support/command_vault.ts";
import { START_TIME } from "../../support/fake_system.ts";

const NOW = new Date(START_TIME).toISOString();

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
