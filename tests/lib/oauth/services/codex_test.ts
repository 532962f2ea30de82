import assert from "node:assert/strict";
import type { Grant } from "../../../../lib/oauth/service.ts";
import { codexGrant } from "../../../../lib/oauth/services/codex.ts";
import { redeem } from "../../../../lib/oauth/services/codex_redeem.ts";
import { Secret } from "../../../../lib/secret.ts";
import { openGrant, storedGrant } from "../../../support/fake_login.ts";
import { fails } from "../../../support/failure.ts";
import { makeJwt } from "../../../support/vendors/jwt.ts";

const NOW = Date.UTC(2027, 0, 2, 3, 4, 5);
const AUTH = "https://api.openai.com/auth";
const HOUR = 3_600_000;

/** A time so many milliseconds from now, as it is stored. */
const at = (milliseconds: number) => new Date(NOW + milliseconds).toISOString();

/** A token that says these things of its account. */
const jwt = (auth: object, more: object = {}) => makeJwt({ ...more, [AUTH]: auth });

const BEFORE: Grant = {
  login: {
    accessToken: new Secret("old-access"),
    refreshToken: new Secret("old-refresh"),
    scope: "openid",
    accountId: "acc-old",
    fedramp: true,
  },
  fields: { expiresAt: at(-HOUR), renewable: true, account: "old@b.test", plan: "plus" },
};

const KEPT = {
  refresh: "old-refresh",
  renewable: true,
  scope: "openid",
  accountId: "acc-old",
  fedramp: true,
  account: "old@b.test",
  plan: "plus",
};

const EXP = { exp: (NOW + 2 * HOUR) / 1000 };
const A_WEEK = 8 * 24 * HOUR;
const RENEWED = { ...KEPT, access: "a", expiresAt: at(A_WEEK) };
const [STRANGER, FRIEND] = [jwt({}, EXP), jwt({ chatgpt_account_id: "acc-new" }, { ...EXP, email: "n" })];
const NAMELESS = jwt({ chatgpt_account_id: "acc-2", user_id: "u" }, EXP);
const ENDED = jwt({}, { exp: NOW / 1000 - 1 });
const NEW = { ...KEPT, expiresAt: at(2 * HOUR) };

const RENEWALS: [what: string, fields: Record<string, unknown>, grant: Record<string, unknown>][] = [
  ["an opaque access token alone", { access_token: "a" }, RENEWED],
  ["its lifetime", { access_token: "a", expires_in: 60 }, { ...RENEWED, expiresAt: at(60_000) }],
  ["its lifetime as a text", { access_token: "a", expires_in: "60" }, { ...RENEWED, expiresAt: at(60_000) }],
  ["a lifetime of zero", { access_token: "a", expires_in: 0 }, RENEWED],
  ["a lifetime in the past", { access_token: "a", expires_in: -60 }, RENEWED],
  ["an endless lifetime", { access_token: "a", expires_in: 1e300 }, RENEWED],
  ["a lifetime that is none", { access_token: "a", expires_in: "soon" }, RENEWED],
  ["null as lifetime", { access_token: "a", expires_in: null }, RENEWED],
  ["a token that says its end", { access_token: STRANGER, expires_in: 5 }, { ...NEW, access: STRANGER }],
  ["a token that had ended, by another clock", { access_token: ENDED, expires_in: 60 }, {
    ...RENEWED,
    access: ENDED,
    expiresAt: at(60_000),
  }],
  ["a token that has ended", { access_token: ENDED }, { ...RENEWED, access: ENDED, expiresAt: at(-1000) }],
  ["a refresh token", { access_token: "a", refresh_token: "r" }, { ...RENEWED, refresh: "r" }],
  ["an empty refresh token", { access_token: "a", refresh_token: "" }, RENEWED],
  ["a refresh token with a space", { access_token: "a", refresh_token: "r r" }, RENEWED],
  ["null as refresh token", { access_token: "a", refresh_token: null }, RENEWED],
  ["a refresh token in a list", { access_token: "a", refresh_token: ["r"] }, RENEWED],
  ["a scope", { access_token: "a", scope: "x y" }, { ...RENEWED, scope: "x y" }],
  ["a scope that is none", { access_token: "a", scope: ["x"] }, RENEWED],
  ["another account", { access_token: FRIEND }, {
    ...NEW,
    access: FRIEND,
    accountId: "acc-new",
    account: "n",
  }],
  [
    "an ID token, which counts more",
    {
      access_token: FRIEND,
      id_token: jwt({ chatgpt_account_id: "acc-id", chatgpt_plan_type: "pro" }, { email: "i" }),
    },
    { ...omit(NEW, "fedramp"), access: FRIEND, accountId: "acc-id", account: "i", plan: "pro" },
  ],
  ["an account without an address", { access_token: NAMELESS }, {
    ...NEW,
    access: NAMELESS,
    accountId: "acc-2",
  }],
  ["an ID token without an account", { access_token: "a", id_token: jwt({}) }, omit(RENEWED, "fedramp")],
  [
    "an ID token under FedRAMP",
    { access_token: "a", id_token: jwt({ chatgpt_account_is_fedramp: true }) },
    RENEWED,
  ],
  ["an ID token that is none", { access_token: "a", id_token: 5 }, RENEWED],
  [
    "a refresh token alone",
    { refresh_token: "r" },
    { ...KEPT, access: "old-access", refresh: "r", expiresAt: at(-HOUR) },
  ],
  ["nothing", {}, { ...KEPT, access: "old-access", expiresAt: at(-HOUR) }],
];

function omit(value: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
}

Deno.test("codexGrant() keeps what the answer omits: it has …", async (t) => {
  for (const [what, fields, expected] of RENEWALS) {
    await t.step(what, () => {
      const grant = codexGrant(fields, NOW, BEFORE)!;
      assert.deepEqual(openGrant(grant), expected);
      assert.deepEqual(openGrant(storedGrant(grant)), expected);
    });
  }
});

const NAMES: [what: string, claims: object, account: string | undefined][] = [
  ["an address", { email: "a@b.test", [AUTH]: { user_id: "u", chatgpt_account_id: "acc" } }, "a@b.test"],
  ["a user's id", { [AUTH]: { user_id: "u", chatgpt_account_id: "acc" } }, "u"],
  ["an account's id", { [AUTH]: { chatgpt_account_id: "acc" } }, "acc"],
  ["nothing", {}, undefined],
];

Deno.test("a new login is called by what is known of it: …", async (t) => {
  for (const [what, claims, account] of NAMES) {
    await t.step(what, () => {
      const grant = codexGrant({ access_token: "a", id_token: makeJwt(claims) }, NOW)!;
      assert.equal(grant.fields.account, account);
    });
  }
});

Deno.test("codexGrant() changes nothing of the grant before, and takes no failure over", () => {
  const lastError = { at: at(0), message: "m", permanent: false, count: 1 };
  const before = { ...BEFORE, fields: { ...BEFORE.fields, lastError, refreshedAt: at(0) } };
  const copy = openGrant(before);
  const { fields } = codexGrant({ access_token: "a" }, NOW, before)!;
  assert.deepEqual([fields.lastError, fields.refreshedAt], [undefined, undefined]);
  assert.deepEqual(openGrant(before), copy);
});

const NO_TOKENS: unknown[] = [
  undefined,
  null,
  "",
  " ",
  "a b",
  "a\r\nx-evil: 1",
  "ä",
  "a\0",
  5,
  true,
  ["a"],
  {},
];

Deno.test("without an access token there is no login", async (t) => {
  for (const access_token of NO_TOKENS) {
    await t.step(JSON.stringify(access_token) ?? "none", async () => {
      const fields = { access_token, refresh_token: "r", id_token: jwt({}) };
      assert.equal(codexGrant(fields, NOW), undefined);
      await fails(
        "login_failed",
        () => redeem({ state: "answered", status: 200, fields, isPage: false }, NOW),
      );
    });
  }
});

const CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann";
const ISSUER = "https://auth.openai.com";

const ID_TOKENS: [what: string, idToken: unknown, isTaken: boolean][] = [
  ["none", undefined, true],
  ["for us", makeJwt({ iss: ISSUER, aud: [CLIENT] }), true],
  ["what is no token", "opaque", true],
  ["for another program", makeJwt({ iss: ISSUER, aud: ["app_X8zY6vW2pQ9tR3dE7nK1jL5gH"] }), false],
  ["of another server", makeJwt({ iss: "https://evil.test", aud: [CLIENT] }), false],
  ["of no server", makeJwt({ iss: "", aud: [CLIENT] }), false],
];

Deno.test("redeem() takes what is for us: the ID token is …", async (t) => {
  for (const [what, id_token, isTaken] of ID_TOKENS) {
    await t.step(what, async () => {
      const fields = { access_token: "a", refresh_token: "r", id_token };
      const work = () => redeem({ state: "answered", status: 200, fields, isPage: false }, NOW);
      if (!isTaken) return void await fails("login_failed", work);
      assert.deepEqual(openGrant(work()), {
        access: "a",
        refresh: "r",
        expiresAt: at(A_WEEK),
        renewable: true,
      });
    });
  }
  await t.step("in a refusal", async () => {
    const fields = { access_token: "a" };
    await fails("login_failed", () => redeem({ state: "answered", status: 400, fields, isPage: false }, NOW));
  });
  await t.step("lost", async () => {
    await fails("network_failed", () => redeem({ state: "lost", reason: "r" }, NOW));
  });
});
