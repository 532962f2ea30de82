import assert from "node:assert/strict";
import type { Json } from "../../../lib/vault/keystore.ts";
import { type CommandLine, commandLine } from "../../support/command_line.ts";
import { putEntry, tamper, troubledKeyStores } from "../../support/command_vault.ts";
import { START_TIME } from "../../support/fake_system.ts";

type Fields = Record<string, Json>;

const HOUR = 3_600_000;

/** A moment so many hours from now. */
function hours(count: number): string {
  return new Date(START_TIME + count * HOUR).toISOString();
}

const AT = hours(-1);
const FAILED = { at: AT, message: "the refresh token has expired", permanent: true, count: 1 };

/** A vault with one login, of which this stands in the clear. */
async function withLogin(fields: Fields, id = "openai-oauth"): Promise<CommandLine> {
  const line = commandLine();
  await putEntry(line, "login", id, '{"accessToken":"token-of-ada"}', fields);
  return line;
}

async function listed(line: CommandLine): Promise<Record<string, unknown>> {
  const { code, out, err } = await line.run(["providers", "list", "--json"]);
  assert.deepEqual([code, err], [0, ""]);
  const rows = JSON.parse(out);
  assert.equal(rows.length, 1);
  return rows[0];
}

const STATUSES: [what: string, fields: Fields, status: string, expires: string][] = [
  ["that never ends", {}, "logged-in", "-"],
  ["that ends in days", { expiresAt: hours(9 * 24 + 4) }, "logged-in", "in 9 d 4 h"],
  ["that ends in hours", { expiresAt: hours(2.5) }, "logged-in", "in 2 h 30 min"],
  ["that ends in a second", { expiresAt: hours(1 / 3600) }, "logged-in", "in 0 min"],
  ["that ends now", { expiresAt: hours(0) }, "expired", "expired"],
  ["that has ended", { expiresAt: hours(-2) }, "expired", "expired"],
  ["that is renewed at its next use", { expiresAt: hours(-2), renewable: true }, "logged-in", "expired"],
  ["that could not be renewed", { expiresAt: hours(1), lastError: FAILED }, "refresh-failed", "in 1 h 0 min"],
  [
    "that could not be renewed yet",
    { expiresAt: hours(-1), renewable: true, lastError: { ...FAILED, permanent: false } },
    "refresh-failed",
    "expired",
  ],
  // What is not as it should be is taken for absent.
  ["whose end is no time", { expiresAt: "soon" }, "logged-in", "-"],
  ["that says renewable in another way", { expiresAt: hours(-2), renewable: "yes" }, "expired", "expired"],
  ["whose error is no error", { lastError: "it failed" }, "logged-in", "-"],
  ["whose error has no time", { lastError: { ...FAILED, at: "yesterday" } }, "logged-in", "-"],
];

Deno.test("providers list says how a login is", async (t) => {
  for (const [what, fields, status, expires] of STATUSES) {
    await t.step(`one ${what}`, async () => {
      using line = await withLogin(fields);
      assert.equal((await listed(line)).status, status);
      const { out } = await line.run(["providers", "list"]);
      const cells = out.trimEnd().split("\t");
      assert.deepEqual([cells.length, cells[3], cells[8]], [11, status, expires]);
    });
  }
});

Deno.test("providers list shows all that is known of a login, with headings on a terminal", async () => {
  const fields = { account: "ada@example.org", plan: "pro", expiresAt: hours(1), refreshedAt: AT };
  using line = await withLogin(
    { ...fields, renewable: true, region: "cn", lastError: FAILED },
    "minimax-oauth",
  );
  const { updatedAt, ...row } = await listed(line);
  assert.equal(typeof updatedAt, "string");
  assert.deepEqual(row, {
    id: "minimax-oauth",
    name: "MiniMax Coding Plan",
    auth: "oauth",
    status: "refresh-failed",
    endpoint: "https://api.minimaxi.com/anthropic",
    region: "cn",
    ...fields,
    lastError: { message: FAILED.message, at: AT },
  });
  const { out } = await line.run(["providers", "list"], { isTerminal: true, env: { NO_COLOR: "1" } });
  const [head, cells] = out.split("\n");
  const below = (heading: string, next?: string) =>
    cells!.slice(head!.indexOf(heading), next === undefined ? undefined : head!.indexOf(next)).trim();
  assert.equal(below("ACCOUNT", "EXPIRES"), "ada@example.org (pro)");
  assert.equal(below("EXPIRES", "REFRESHED"), "in 1 h 0 min");
  assert.equal(below("REFRESHED", "LAST ERROR"), AT);
  assert.equal(below("LAST ERROR"), `the refresh token has expired (${AT})`);
});

Deno.test("providers list shows a login without its fields, and never opens it", async () => {
  using line = await withLogin({});
  const { updatedAt: _, ...row } = await listed(line);
  assert.deepEqual(Object.keys(row), ["id", "name", "auth", "status", "endpoint", "region"]);
  const trouble = { state: "locked", reason: "It is locked", hint: "unlock it" } as const;
  const keyStores = troubledKeyStores(trouble);
  const { code, out, err } = await line.run(["providers", "list"], { keyStores });
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^openai-oauth\t.*\t-\t-\t-\t-\n$/);
  assert.doesNotMatch(out, /token-of-ada/);
});

/** What whoever can write to the file may have written into it. */
const HOSTILE = [
  "\x1b]0;owned\x07",
  "\x1b[2Jada",
  "ada\x1b[31m",
  "a\u009b31mb",
  "ada\nopenai\tset",
  "ada\r\x07",
  "\u202egro.elpmaxe@ada",
  "ada\u200b",
  "ada\u2028bob",
  "a".repeat(300),
  "",
  " ",
];

Deno.test("providers list prints nothing that could steer a terminal", async (t) => {
  for (const text of HOSTILE) {
    await t.step(JSON.stringify(text.slice(0, 20)), async () => {
      using line = await withLogin({});
      tamper(line, (entries) => {
        const entry = entries.get("login:openai-oauth") as Fields;
        const lastError = { ...FAILED, message: text };
        const [account, plan, region, base, expiresAt, refreshedAt] = Array<string>(6).fill(text);
        const fields = { ...entry, account, plan, region, base, expiresAt, refreshedAt, lastError };
        entries.set("login:openai-oauth", fields as Fields);
      });
      const plain = await line.run(["providers", "list"]);
      assert.match(plain.out, /^openai-oauth\t[^\t\n]*\toauth\tlogged-in\t[^\t]*\t-\t[^\t]*\t-\t-\t-\t-\n$/);
      for (const more of [[], ["--json"]]) {
        const options = { isTerminal: true, env: { NO_COLOR: "1" } };
        const { out, err } = await line.run(["providers", "list", ...more], options);
        assert.doesNotMatch(out + err, /[^\n\x20-\x7e]|\\u|owned|aaaa|elpmaxe/);
      }
    });
  }
});

Deno.test("providers list prints no time that is more than one", async (t) => {
  // The runtime takes what stands in parentheses for a comment.
  for (const time of ["2026-11-02 (\x1b]0;owned\x07)", "Nov 2 2026 (\x1b[2J)", "2026-11-02 (a\tb\nc)"]) {
    await t.step(JSON.stringify(time), async () => {
      using line = await withLogin({});
      tamper(line, (entries) => {
        entries.set("login:openai-oauth", {
          ...entries.get("login:openai-oauth") as Fields,
          updatedAt: time,
        });
      });
      const { out, err } = await line.run(["providers", "list"]);
      assert.doesNotMatch(out + err, /[^\t\n\x20-\x7e]|b\nc/);
    });
  }
});
