import assert from "node:assert/strict";
import { type Provider, providerById, PROVIDERS } from "../../../lib/providers/table.ts";
import { type Credential, credentialIn, inject } from "../../../lib/proxy/inject.ts";
import { Secret } from "../../../lib/secret.ts";
import { formatLogin } from "../../../lib/vault/login.ts";
import { fails } from "../../support/failure.ts";
import { addLine } from "../../support/web.ts";

const TOKEN = "t-0123456789";
const CODEX = providerById("openai-oauth")!;
const ACCOUNT = "chatgpt-account-id";
const FEDRAMP = "x-openai-fedramp";

function injected(provider: Provider, credential: Credential, before: Record<string, string> = {}): Headers {
  const headers = new Headers(before);
  const url = new URL(provider.base + "/responses");
  addLine(headers, inject(headers, provider, url, credential, "agentgazer/1.2.3"));
  return headers;
}

const ACCOUNTS: [what: string, before: Record<string, string>, accountId: string | undefined][] = [
  ["that the login knows", {}, "acc-1"],
  ["of the login in place of the client's", { [ACCOUNT]: "acc-evil" }, "acc-1"],
  [
    "of the login in place of the client's, however it is written",
    { "ChatGPT-Account-ID": "acc-evil" },
    "acc-1",
  ],
  ["of nobody when the login knows none", {}, undefined],
  ["of nobody, whatever the client says, when the login knows none", { [ACCOUNT]: "acc-evil" }, undefined],
];

Deno.test("inject() names the account", async (t) => {
  for (const [what, before, accountId] of ACCOUNTS) {
    await t.step(what, () => {
      const headers = injected(CODEX, { secret: new Secret(TOKEN), accountId }, before);
      assert.equal(headers.get(ACCOUNT), accountId ?? null);
      assert.equal(headers.get("authorization"), `Bearer ${TOKEN}`);
    });
  }
});

const FEDRAMPS: [
  what: string,
  before: Record<string, string>,
  fedramp: true | undefined,
  want: string | null,
][] = [
  ["of an account that is", {}, true, "true"],
  ["of an account that is, whatever the client says", { [FEDRAMP]: "false" }, true, "true"],
  ["of no account that is not", {}, undefined, null],
  ["of no account that is not, whatever the client says", { [FEDRAMP]: "true" }, undefined, null],
  ["of no account that is not, however the client writes it", { "X-OpenAI-FedRAMP": "1" }, undefined, null],
];

Deno.test("inject() says whether the account is under FedRAMP", async (t) => {
  for (const [what, before, fedramp, want] of FEDRAMPS) {
    await t.step(what, () => {
      const headers = injected(CODEX, { secret: new Secret(TOKEN), accountId: "acc-1", fedramp }, before);
      assert.deepEqual([headers.get(FEDRAMP), headers.get(ACCOUNT)], [want, "acc-1"]);
    });
  }
});

Deno.test("inject() puts another login in place of what an earlier call put in", () => {
  const headers = injected(CODEX, { secret: new Secret("old"), accountId: "acc-old", fedramp: true });
  const before = Object.fromEntries(headers);
  const after = injected(CODEX, { secret: new Secret(TOKEN), accountId: undefined }, before);
  assert.equal(after.get("authorization"), `Bearer ${TOKEN}`);
  assert.deepEqual([after.get(ACCOUNT), after.get(FEDRAMP)], [null, null]);
});

Deno.test("inject() tells the account to no provider whose row does not name a header for it", async (t) => {
  for (const provider of PROVIDERS.filter((row) => row.accountHeaders === undefined)) {
    await t.step(provider.id, () => {
      const headers = injected(provider, { secret: new Secret(TOKEN), accountId: "acc-1", fedramp: true });
      assert.ok(![...headers].flat().some((text) => /acc-1|fedramp/i.test(text)));
    });
  }
});

Deno.test("credentialIn() takes an API key as it is, also one that looks like a login", async (t) => {
  for (const text of [TOKEN, formatLogin({ accessToken: new Secret("x") }).reveal(), "{}", ""]) {
    await t.step(text, () => {
      const { secret, accountId } = credentialIn("api-key", "openai", new Secret(text));
      assert.deepEqual([secret.reveal(), accountId], [text, undefined]);
    });
  }
});

Deno.test("credentialIn() takes of a login the access token and the account, and never the refresh token", () => {
  const [accessToken, refreshToken] = [new Secret(TOKEN), new Secret("refresh")];
  const sealed = formatLogin({ accessToken, refreshToken, scope: "all", accountId: "acc-1", fedramp: true });
  const credential = credentialIn("login", CODEX.id, sealed);
  assert.deepEqual(Object.keys(credential).sort(), ["accountId", "fedramp", "secret"]);
  const { secret, accountId, fedramp } = credential;
  assert.deepEqual([secret.reveal(), accountId, fedramp], [TOKEN, "acc-1", true]);
});

const DAMAGED = [
  "",
  TOKEN,
  "null",
  "[]",
  "{}",
  '{"accessToken":1}',
  '{"accessToken":""}',
  '{"accessToken":"a b"}',
  '{"accessToken":"a\\r\\nx: y"}',
  '{"refreshToken":"r"}',
];

Deno.test("credentialIn() calls a login without a token damaged, and repeats nothing of it", async (t) => {
  for (const text of DAMAGED) {
    await t.step(text, async () => {
      const { message, hint } = await fails(
        "vault_damaged",
        () => credentialIn("login", CODEX.id, new Secret(text)),
      );
      assert.match(message, /the stored login of openai-oauth: it is damaged$/);
      if (text.length > 4) assert.ok(!`${message}${hint}`.includes(text));
    });
  }
});

Deno.test("credentialIn() leaves out an account that is no plain word", async (t) => {
  for (const accountId of ["", "a b", "a\r\nb", "é", 7, null, ["a"]]) {
    await t.step(JSON.stringify(accountId), () => {
      const sealed = new Secret(JSON.stringify({ accessToken: TOKEN, accountId }));
      assert.equal(credentialIn("login", CODEX.id, sealed).accountId, undefined);
    });
  }
});

Deno.test("credentialIn() takes nothing but true for an account under FedRAMP", async (t) => {
  for (const fedramp of ["", "true", 1, false, null, [true], {}]) {
    await t.step(JSON.stringify(fedramp), () => {
      const sealed = new Secret(JSON.stringify({ accessToken: TOKEN, fedramp }));
      assert.equal(credentialIn("login", CODEX.id, sealed).fedramp, undefined);
    });
  }
});
