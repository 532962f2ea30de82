import assert from "node:assert/strict";
import { Secret } from "../../../lib/secret.ts";
import { formatLogin, type Login, parseLogin, tokensIn } from "../../../lib/vault/login.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { fails } from "../../support/failure.ts";

const LOGINS: readonly Login[] = [
  { accessToken: new Secret("a") },
  { accessToken: new Secret("a.b-c_d~e+f/g="), refreshToken: new Secret("r") },
  { accessToken: new Secret("a"), refreshToken: new Secret('"\\{!~'), scope: "", accountId: "acc-1_2.3" },
  { accessToken: new Secret("a"), accountId: "acc", fedramp: true },
];

Deno.test("parseLogin() gives what formatLogin() was given", async (t) => {
  for (const login of LOGINS) {
    await t.step(Object.keys(login).join(), () => {
      assert.deepEqual(open(parseLogin("openai-oauth", formatLogin(login))), open(login));
    });
  }
});

Deno.test("formatLogin() shows nothing of the tokens but to who opens it", () => {
  const sealed = formatLogin({ accessToken: new Secret(CANARY), refreshToken: new Secret(CANARY) });
  assertNoCanary(`${sealed}${JSON.stringify(sealed)}${Deno.inspect(sealed)}`, "a sealed login");
  assertNoCanary(Deno.inspect(tokensIn(sealed.reveal())), "an opened login");
});

const NO_LOGINS = [
  "",
  "null",
  "5",
  "true",
  "[]",
  `"${CANARY}"`,
  CANARY,
  "{}",
  `{"accessToken":"${CANARY}"`,
  '{"accessToken":null}',
  '{"accessToken":5}',
  '{"accessToken":""}',
  `{"accessToken":["${CANARY}"]}`,
  `{"accessToken":"${CANARY} x"}`,
  `{"accessToken":"${CANARY}\\n"}`,
  `{"accessToken":"${CANARY}\\r\\nx: y"}`,
  `{"accessToken":"${CANARY}\\u0000"}`,
  `{"accessToken":"${CANARY}é"}`,
  `{"AccessToken":"${CANARY}","access_token":"${CANARY}"}`,
  `{"refreshToken":"${CANARY}"}`,
  `{"__proto__":{"accessToken":"${CANARY}"}}`,
  `[{"accessToken":"${CANARY}"}]`,
];

Deno.test("parseLogin() calls what has no access token damaged, and repeats none of it", async (t) => {
  for (const text of NO_LOGINS) {
    await t.step(text, async () => {
      assert.equal(tokensIn(text), undefined);
      const { message, hint } = await fails(
        "vault_damaged",
        () => parseLogin("openai-oauth", new Secret(text)),
      );
      assert.match(message, /the stored login of openai-oauth: it is damaged$/);
      assertNoCanary(message + hint, "the message");
    });
  }
});

const ODD_FIELDS: [text: string, login: Record<string, unknown>][] = [
  ['{"accessToken":"a","refreshToken":""}', { accessToken: "a" }],
  ['{"accessToken":"a","refreshToken":"r s"}', { accessToken: "a" }],
  ['{"accessToken":"a","refreshToken":"r\\r\\nx: y"}', { accessToken: "a" }],
  ['{"accessToken":"a","refreshToken":"r\\u0000"}', { accessToken: "a" }],
  ['{"accessToken":"a","refreshToken":"é"}', { accessToken: "a" }],
  ['{"accessToken":"a","refreshToken":5,"scope":5,"accountId":5}', { accessToken: "a" }],
  ['{"accessToken":"a","refreshToken":null,"scope":null,"accountId":null}', { accessToken: "a" }],
  ['{"accessToken":"a","accountId":"x\\r\\ny: z"}', { accessToken: "a" }],
  ['{"accessToken":"a","accountId":"x\\n"}', { accessToken: "a" }],
  ['{"accessToken":"a","accountId":""}', { accessToken: "a" }],
  ['{"accessToken":"a","accountId":"é"}', { accessToken: "a" }],
  ['{"accessToken":"a","accountId":"acc"}', { accessToken: "a", accountId: "acc" }],
  ['{"accessToken":"a","fedramp":true}', { accessToken: "a", fedramp: true }],
  ['{"accessToken":"a","fedramp":false}', { accessToken: "a" }],
  ['{"accessToken":"a","fedramp":"true"}', { accessToken: "a" }],
  ['{"accessToken":"a","fedramp":1}', { accessToken: "a" }],
  ['{"accessToken":"a","accessToken":"b","more":{"x":1},"expiresAt":5}', { accessToken: "b" }],
];

Deno.test("tokensIn() leaves out what is not as it should be", async (t) => {
  for (const [text, login] of ODD_FIELDS) {
    await t.step(text, () => assert.deepEqual(open(tokensIn(text)!), login));
  }
});

function open(login: Login): Record<string, unknown> {
  const entries = Object.entries(login);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}
