import assert from "node:assert/strict";
import type { EntryFields } from "../../../lib/vault/envelope.ts";
import { loginFields, type RefreshFailure } from "../../../lib/vault/login.ts";
import type { Json } from "../../../lib/vault/keystore.ts";
import { ID, MINUTE, refreshBox } from "../../support/refresh_box.ts";

const TIME = "2027-01-02T03:04:05.678Z";
const FAILURE: RefreshFailure = { at: TIME, message: "too busy", permanent: false, count: 3 };
const GOOD = {
  expiresAt: TIME,
  renewable: true,
  refreshedAt: TIME,
  account: "ada@example.org",
  plan: "self_serve business",
  region: "cn",
  base: "https://api.minimaxi.com/anthropic",
  lastError: FAILURE,
} as const;

/** An entry with these fields in the clear. */
function entryOf(fields: { readonly [name: string]: unknown }): EntryFields {
  return { kind: "login", createdAt: TIME, updatedAt: TIME, ...fields } as EntryFields;
}

Deno.test("loginFields() gives what a login stored, and nothing of what every entry has", () => {
  assert.deepEqual(loginFields(entryOf(GOOD)), GOOD);
  assert.deepEqual(loginFields(entryOf({})), {});
});

/** What is no text that can be shown. */
const NO_TEXTS: Json[] = [
  "",
  " ",
  " a",
  "a ",
  "a\n",
  "a\r\nb",
  "\x1b[2Ja",
  "a\x00b",
  "a\x7fb",
  "a\x9bb",
  "a\u202eb",
  "a\u2028b",
  "a\u200bb",
  "\ufeffa",
  "\ud800",
  "a".repeat(255),
  "a".repeat(1 << 20),
  "😀".repeat(255),
  5,
  0,
  true,
  null,
  [],
  ["a"],
  {},
  { toString: "a" },
];

/** What is no time. */
const NO_TIMES: Json[] = [
  ...NO_TEXTS,
  "2027",
  "2027-01-02",
  "2027-01-02T03:04:05.678",
  "2027-01-02T03:04:05.678+00:00",
  "2027-01-02 03:04:05Z",
  "2027-13-02T03:04:05.678Z",
  "2027-01-02T25:04:05.678Z",
  "2027-01-02T03:04:05.678Z\n",
  "2027-01-02T03:04:05.678Z\x1b[2J",
  "\u0662027-01-02T03:04:05Z",
  "+010000-01-01T00:00:00.000Z",
  "Sat, 02 Jan 2027 03:04:05 GMT",
  "-----------------------Z",
  1798859045678,
];

/** What is no failure. */
const NO_FAILURES: Json[] = [
  ...NO_TEXTS,
  "too busy",
  ...NO_TIMES.map((at) => ({ ...FAILURE, at })),
  ...NO_TEXTS.map((message) => ({ ...FAILURE, message })),
  ...[0, 1, "true", null, []].map((permanent) => ({ ...FAILURE, permanent })),
  ...["3", null, true, [], 0.5, 1e300, 2 ** 53].map((count) => ({ ...FAILURE, count })),
  ...Object.keys(FAILURE).map((name) => without(name)),
];

const BAD: Record<keyof typeof GOOD, Json[]> = {
  expiresAt: NO_TIMES,
  renewable: [false, 1, 0, "true", "", null, [], {}],
  refreshedAt: NO_TIMES,
  account: NO_TEXTS,
  plan: NO_TEXTS,
  region: NO_TEXTS,
  base: NO_TEXTS,
  lastError: NO_FAILURES,
};

Deno.test("loginFields() leaves out what is not as it should be, and keeps the rest", async (t) => {
  for (const [name, values] of Object.entries(BAD)) {
    await t.step(name, () => {
      const { [name as keyof typeof GOOD]: _, ...rest } = GOOD;
      for (const value of values) {
        const what = JSON.stringify(value).slice(0, 100);
        assert.deepEqual(loginFields(entryOf({ ...GOOD, [name]: value })), rest, what);
      }
    });
  }
});

const PROTOTYPES: [what: string, text: string][] = [
  ["a prototype with good fields", JSON.stringify({ ["__proto__"]: 0 }).replace("0", JSON.stringify(GOOD))],
  ["a failure whose prototype has good fields", `{"lastError":{"__proto__":${JSON.stringify(FAILURE)}}}`],
  ["names that every object has", '{"constructor":"a","toString":"b","hasOwnProperty":"c","valueOf":"d"}'],
  ["unknown fields", '{"accessToken":"a","plan2":"b","PLAN":"c","expires_at":"2027-01-02T03:04:05.678Z"}'],
];

Deno.test("loginFields() gives nothing for …", async (t) => {
  for (const [what, text] of PROTOTYPES) {
    await t.step(what, () => {
      const fields = loginFields(entryOf(JSON.parse(text)));
      assert.deepEqual(Reflect.ownKeys(fields), []);
      assert.equal(Object.getPrototypeOf(fields), Object.prototype);
    });
  }
});

Deno.test("loginFields() gives of a failure only what it is made of", () => {
  const lastError = { ...FAILURE, more: "\x1b[2J", refreshToken: "r" };
  assert.deepEqual(loginFields(entryOf({ lastError })), { lastError: FAILURE });
});

Deno.test("loginFields() reads back what a vault stored", async () => {
  using box = await refreshBox(MINUTE, GOOD);
  assert.deepEqual(loginFields(box.vault().read().entry("login", ID)!.fields), GOOD);
});

function without(name: string): Json {
  return Object.fromEntries(Object.entries(FAILURE).filter(([key]) => key !== name));
}
