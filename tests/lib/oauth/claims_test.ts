import { Buffer } from "node:buffer";
import fc from "fast-check";
import assert from "node:assert/strict";
import { claimsIn, isFor } from "../../../lib/oauth/claims.ts";
import { forAll } from "../../support/property.ts";

const AUTH = "https://api.openai.com/auth";
const PROFILE = "https://api.openai.com/profile";

/** A token with this payload: a value, or a text as it is. */
function jwt(payload: unknown): string {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return `e30.${Buffer.from(text).toString("base64url")}.c2ln`;
}

/** A namespace, beside `more`. */
const auth = (fields: object, more: object = {}) => ({ ...more, [AUTH]: fields });

const ID = "acc-1_2.3";
const KNOWN = { accountId: ID, userId: ID };

const CLAIMS: [what: string, payload: unknown, claims: ReturnType<typeof claimsIn>][] = [
  ["an id in the namespace", auth({ chatgpt_account_id: ID }), KNOWN],
  ["an id at the top", { chatgpt_account_id: ID }, KNOWN],
  [
    "the id at the top before the other",
    auth({ chatgpt_account_id: "x" }, { chatgpt_account_id: ID }),
    KNOWN,
  ],
  ["the first organization", auth({ organizations: [{ id: ID }, { id: "x" }] }), KNOWN],
  ["the id before the organization", auth({ organizations: [{ id: "x" }], chatgpt_account_id: ID }), KNOWN],
  ["an e-mail address at the top", { email: "a@b.test" }, { account: "a@b.test" }],
  ["one in the profile", { [PROFILE]: { email: "a@b.test" } }, { account: "a@b.test" }],
  ["one in other letters", { email: "ünï@bücher.test" }, { account: "ünï@bücher.test" }],
  ["a user's id", auth({ chatgpt_user_id: "user-1" }), { userId: "user-1" }],
  ["a user's id by its other name", auth({ user_id: "user-2" }), { userId: "user-2" }],
  [
    "an address beside ids",
    auth({ user_id: "u", chatgpt_account_id: ID }, { email: "e" }),
    { accountId: ID, userId: "u", account: "e" },
  ],
  ["FedRAMP", auth({ chatgpt_account_is_fedramp: true }), { fedramp: true }],
  ["a plan that nobody knows", auth({ chatgpt_plan_type: "enterprise/hc" }), { plan: "enterprise/hc" }],
  ["an end", { exp: 1_800_000_000 }, { expires: 1_800_000_000_000 }],
  ["an end with a fraction", { exp: 0.5 }, { expires: 500 }],
  ["letters that are other ones in base64", auth({ chatgpt_plan_type: "???>>>~~~" }), { plan: "???>>>~~~" }],
];

Deno.test("claimsIn() reads …", async (t) => {
  for (const [what, payload, claims] of CLAIMS) {
    await t.step(what, () => assert.deepEqual(claimsIn(jwt(payload)), claims));
  }
});

const NOTHING: [what: string, payload: unknown][] = [
  ["an id with a line break", { chatgpt_account_id: "a\r\nx-evil: 1" }],
  ["an id with a space", { chatgpt_account_id: "a b" }],
  ["an id with other letters", { chatgpt_account_id: "ä" }],
  ["an id with a slash", { chatgpt_account_id: "../x" }],
  ["an empty id", { chatgpt_account_id: "" }],
  ["a huge id", { chatgpt_account_id: "a".repeat(129) }],
  ["an id in a list", { chatgpt_account_id: [ID] }],
  ["a number as id", auth({ chatgpt_account_id: 5 })],
  ["an organization without an id", auth({ organizations: [{}, { id: ID }] })],
  ["organizations that are none", auth({ organizations: [null] })],
  ["organizations that are a text", auth({ organizations: "abc" })],
  ["organizations that look like a list", auth({ organizations: { 0: { id: ID }, length: 1 } })],
  ["an address with an escape sequence", { email: "\x1b]0;evil\x07a@b.test" }],
  ["an address with a line break", { email: "a@b.test\n" }],
  ["an address written backwards", { email: "a@b.test\u202e" }],
  ["an empty address", { email: "" }],
  ["a huge address", { email: "a".repeat(300) }],
  ["an address in a list", { email: ["a@b.test"] }],
  ["a plan with a bell", auth({ chatgpt_plan_type: "plus\x07" })],
  ["a plan with a C1 control", auth({ chatgpt_plan_type: "plus\x9b31m" })],
  ["a plan that is an object", auth({ chatgpt_plan_type: { toString: "x" } })],
  ["FedRAMP as a text", auth({ chatgpt_account_is_fedramp: "true" })],
  ["FedRAMP as a number", auth({ chatgpt_account_is_fedramp: 1 })],
  ["no FedRAMP", auth({ chatgpt_account_is_fedramp: false })],
  ["an end as a text", { exp: "1800000000" }],
  ["no end", { exp: null }],
  ["an end at zero", { exp: 0 }],
  ["an end before 1970", { exp: -5 }],
  ["an end in milliseconds", { exp: 1_800_000_000_000 }],
  ["an end that never is", '{"exp":1e400}'],
  ["a namespace that is null", { [AUTH]: null, [PROFILE]: null }],
  ["a namespace that is a text", { [AUTH]: "chatgpt_account_id", [PROFILE]: "email" }],
  ["a namespace that is a list", { [AUTH]: [{ chatgpt_account_id: ID }] }],
  ["a prototype", `{"__proto__":{"chatgpt_account_id":"${ID}","email":"e","exp":5}}`],
  ["a constructor", `{"constructor":{"prototype":{"email":"e"}},"${AUTH}":{"__proto__":{"user_id":"u"}}}`],
  ["an empty object", {}],
  ["a list", [{ email: "e" }]],
  ["null", null],
  ["a number", 5],
  ["a text", '"email"'],
  ["half an object", '{"email":"e"'],
  ["nothing", ""],
  ["what is no UTF-8 in JSON", Buffer.from("7b22ff", "hex").toString("latin1")],
];

Deno.test("claimsIn() takes nothing from …", async (t) => {
  for (const [what, payload] of NOTHING) {
    await t.step(what, () => {
      assert.deepEqual(claimsIn(jwt(payload)), {});
      assert.equal(({} as { email?: string }).email, undefined, "the prototype of all objects has changed");
    });
  }
});

const GOOD = jwt({ email: "e>>>???" });

const SPELLINGS: [what: string, token: unknown, account: string | undefined][] = [
  ["as it is", GOOD, "e>>>???"],
  ["without a signature", GOOD.replace(/[^.]*$/, ""), "e>>>???"],
  ["with padding", `e30.${Buffer.from('{"email":"e"}').toString("base64")}.`, "e"],
  ["in base64", GOOD.replaceAll("-", "+").replaceAll("_", "/"), undefined],
  ["with a letter of no alphabet", GOOD.replace(".", ".!"), undefined],
  ["one letter short of a byte", "e30.e.x", undefined],
  ["with one part", "e30", undefined],
  ["with an empty part", "e30..x", undefined],
  ["nothing", "", undefined],
  ["dots", "...", undefined],
  ["an opaque token", "sk-proj-abc", undefined],
  ["undefined", undefined, undefined],
  ["null", null, undefined],
  ["an object", { split: () => [0, "e30"] }, undefined],
  ["a list", [GOOD], undefined],
  ["a megabyte", `e30.${"A".repeat(1 << 20)}.x`, undefined],
];

Deno.test("claimsIn() reads base64url only: …", async (t) => {
  assert.match(GOOD, /[-_]/);
  for (const [what, token, account] of SPELLINGS) {
    await t.step(what, () => assert.equal(claimsIn(token).account, account));
  }
});

Deno.test("claimsIn() gives what can be shown and sent, whatever a token holds", () => {
  const claims = fc.dictionary(
    fc.constantFrom("email", "exp", "chatgpt_account_id", AUTH, PROFILE, "__proto__"),
    fc.oneof(
      fc.anything(),
      fc.string({ unit: "binary" }),
      fc.dictionary(
        fc.constantFrom("email", "chatgpt_account_id", "chatgpt_plan_type", "user_id", "organizations"),
        fc.oneof(fc.string({ unit: "binary" }), fc.array(fc.record({ id: fc.string() }))),
      ),
    ),
  ).map((value) => JSON.stringify(value, (_, item) => typeof item === "bigint" ? `${item}` : item));
  forAll(fc.oneof(claims.map(jwt), fc.string(), fc.anything()), (token) => {
    const { accountId, account, userId, plan, expires } = claimsIn(token);
    assert.match(accountId ?? "a", /^[\w.-]{1,128}$/);
    for (const text of [account, userId, plan]) {
      assert.doesNotMatch(text ?? "", /[\p{Cc}\p{Cf}]/u);
    }
    assert.match(new Date(expires ?? 0).toISOString(), /^\d{4}-/);
  });
});

const ISSUER = "https://auth.openai.com";
const CLIENT = "app_1";

const TOKENS: [what: string, payload: unknown, isFor: boolean][] = [
  ["this issuer and client", { iss: ISSUER, aud: CLIENT }, true],
  ["this client in a list", { iss: ISSUER, aud: [CLIENT] }, true],
  ["this client among others", { iss: ISSUER, aud: ["x", CLIENT] }, true],
  ["nobody in particular", {}, true],
  ["another issuer", { iss: "https://evil.test", aud: CLIENT }, false],
  ["this issuer with a slash", { iss: `${ISSUER}/`, aud: CLIENT }, false],
  ["no issuer", { iss: null, aud: CLIENT }, false],
  ["issuers in a list", { iss: [ISSUER], aud: CLIENT }, false],
  ["another client", { iss: ISSUER, aud: "app_2" }, false],
  ["a client that begins alike", { iss: ISSUER, aud: `${CLIENT}2` }, false],
  ["other clients", { iss: ISSUER, aud: ["x", "y"] }, false],
  ["an empty list of clients", { iss: ISSUER, aud: [] }, false],
  ["a list in a list", { iss: ISSUER, aud: [[CLIENT]] }, false],
  ["null as client", { iss: ISSUER, aud: null }, false],
  ["another client alone", { aud: "app_2" }, false],
];

Deno.test("isFor() says whether an ID token is for …", async (t) => {
  for (const [what, payload, expected] of TOKENS) {
    await t.step(what, () => assert.equal(isFor(jwt(payload), ISSUER, CLIENT), expected));
  }
  for (const token of [undefined, "", "opaque", 5]) {
    await t.step(`no token: ${token}`, () => assert.equal(isFor(token, ISSUER, CLIENT), true));
  }
});
