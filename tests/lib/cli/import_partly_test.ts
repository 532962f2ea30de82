import assert from "node:assert/strict";
import type { LegacyItems } from "../../../lib/vault/legacy.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { type CommandLine, commandLine, type Result } from "../../support/command_line.ts";
import { fakeItems, type ItemTrouble } from "../../support/fake_items.ts";
import { LEGACY_IDENTITY, legacyFile } from "../../support/legacy_file.ts";
import { stored } from "../../support/stored.ts";

const KEY = "com.agentgazer.provider";
const LOGIN = "com.agentgazer.oauth";

const LEFT: [what: string, service: string, account: string, value: string, says: RegExp][] = [
  ["an unknown id", KEY, CANARY, CANARY, /its provider is not known/],
  ["a known id in other letters", KEY, "OpenAI", CANARY, /its provider is not known/],
  ["a key for a login", KEY, "openai-oauth", CANARY, /openai-oauth takes a login, not a key/],
  ["an empty key", KEY, "mistral", "", /it is empty/],
  ["a key with white space", KEY, "mistral", `${CANARY} x`, /white space/],
  ["a key with a control character", KEY, "mistral", `${CANARY}\x1b[2J`, /control character/],
  ["a key that is too long", KEY, "mistral", CANARY.repeat(300), /longer than/],
  ["a login of an unknown id", LOGIN, CANARY, `{"accessToken":"${CANARY}"}`, /its login is not known/],
  ["a login of a key's provider", LOGIN, "openai", `{"accessToken":"${CANARY}"}`, /its login is not known/],
  [
    "a login without a token",
    LOGIN,
    "openai-oauth",
    `{"refreshToken":"${CANARY}"}`,
    /login of openai-oauth has no token/,
  ],
  ["a login that is no JSON", LOGIN, "openai-oauth", CANARY, /has no token/],
  ["a login: null", LOGIN, "openai-oauth", "null", /has no token/],
  ["a login: a list", LOGIN, "openai-oauth", `["${CANARY}"]`, /has no token/],
  ["a login: a text", LOGIN, "openai-oauth", `"${CANARY}"`, /has no token/],
  ["a token with a line end", LOGIN, "openai-oauth", `{"accessToken":"${CANARY}\\nx: y"}`, /has no token/],
];

Deno.test("import agentgazer leaves out what it can't take, says why without repeating it, and takes the rest", async (t) => {
  for (const [what, service, account, value, says] of LEFT) {
    await t.step(what, async () => {
      using box = boxWith(
        legacyFile(JSON.stringify({ [service]: { [account]: value, ...service === KEY && { yi: "k" } } })),
      );
      const { code, out, err } = await run(box, [fakeItems({ [`${KEY}/google`]: "AIza" })]);
      assert.deepEqual([code, out], [0, ""], err);
      assert.match(err, /left out one: /);
      assert.match(err, says);
      assertNoCanary(err, "the message");
      assert.equal(await stored(box.home, "api-key", "google"), "AIza");
      if (service === KEY) assert.equal(await stored(box.home, "api-key", "yi"), "k");
    });
  }
});

Deno.test("import agentgazer takes the file's when the keystore is in trouble, and ends with exit code 5", async (t) => {
  for (const trouble of ["locked", "declined", "denied", "unavailable", "corrupt"] as const) {
    await t.step(trouble, async () => {
      using box = boxWith(legacyFile(JSON.stringify({ [KEY]: { yi: "k" } })));
      const { code, err } = await run(box, [
        inTrouble("openai", trouble),
        fakeItems({ [`${KEY}/google`]: "AIza" }),
      ]);
      assert.equal(code, 5, err);
      assert.match(err, /in the vault now: google, yi;/);
      assert.match(
        err,
        new RegExp(`error: Cannot read an item: ${trouble}\nagentgazer: hint: mend ${trouble}\n$`),
      );
      assert.equal(await stored(box.home, "api-key", "yi"), "k");
    });
  }
});

Deno.test("import agentgazer keeps what it read from a keystore before one item failed", async (t) => {
  for (const trouble of ["denied", "corrupt", "locked"] as const) {
    await t.step(trouble, async () => {
      using box = commandLine();
      const { code, err } = await run(box, [inTrouble("anthropic", trouble, { [`${KEY}/openai`]: "sk-1" })]);
      assert.equal(code, 5, err);
      assert.equal(await stored(box.home, "api-key", "openai"), "sk-1");
    });
  }
});

Deno.test("import agentgazer tells of every place that failed", async () => {
  using box = boxWith(CANARY);
  const { code, err } = await run(box, [inTrouble("openai", "locked"), inTrouble("openai", "denied")]);
  assert.equal(code, 5, err);
  for (const says of [/denied/, /no secrets\.enc of version 1/, /error: Cannot read an item: locked/]) {
    assert.match(err, says);
  }
});

/** A keystore that gives everything up to this account. */
function inTrouble(
  account: string,
  trouble: ItemTrouble,
  before: Readonly<Record<string, string>> = {},
): LegacyItems {
  return fakeItems({ ...before, [`${KEY}/${account}`]: { trouble } });
}

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
