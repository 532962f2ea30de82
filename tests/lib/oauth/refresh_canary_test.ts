import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import type { Sender } from "../../../lib/oauth/http.ts";
import type { Service } from "../../../lib/oauth/service.ts";
import { codexService } from "../../../lib/oauth/services/codex.ts";
import { minimaxService } from "../../../lib/oauth/services/minimax.ts";
import { Secret } from "../../../lib/secret.ts";
import { loginFields } from "../../../lib/vault/login.ts";
import { assertNoCanary, assertNoCanaryBelow, CANARY } from "../../support/canary.ts";
import { HOUR, refreshBox } from "../../support/refresh_box.ts";

const SERVICES = [codexService, minimaxService];

/** What repeats the secrets wherever it can, and whether the token is renewed by it. */
const ANSWERS: [what: string, renews: boolean, answer: () => Response | Promise<Response>][] = [
  ["an error code", false, () => json(400, { error: CANARY, error_description: CANARY, error_uri: CANARY })],
  ["a known code and a description", false, () => json(400, { error: "invalid_grant", x: CANARY })],
  ["a nested error", false, () => json(401, { error: { code: CANARY, message: CANARY, type: CANARY } })],
  ["a code of its own", false, () => json(403, { code: CANARY, detail: CANARY, [CANARY]: CANARY })],
  ["a MiniMax error", false, () => json(200, { base_resp: { status_code: 1004, status_msg: CANARY } })],
  ["a status of its own", false, () => json(200, { status: CANARY, access_token: [CANARY] })],
  ["a page", false, () => new Response(`<html>${CANARY}</html>`, { status: 403 })],
  ["a text", false, () => new Response(CANARY, { status: 500, statusText: CANARY })],
  ["an empty success", false, () => new Response(null, { status: 200, headers: { "x-token": CANARY } })],
  ["an unfinished token", false, () => new Response(`{"access_token":"${CANARY}`, { status: 200 })],
  ["a token with a line break", false, () => json(200, { access_token: `${CANARY}\r\nx: ${CANARY}` })],
  ["a redirect", false, () => new Response(null, { status: 307, headers: { location: `/?${CANARY}` } })],
  [
    "a header that asks for more",
    false,
    () => new Response(null, { status: 401, headers: { "www-authenticate": `Bearer error="${CANARY}"` } }),
  ],
  ["a broken connection", false, () => Promise.reject(new TypeError(`error sending request: ${CANARY}`))],
  ["a refused connection", false, () => Promise.reject(new TypeError(`Connection refused: ${CANARY}`))],
  ["a strange failure", false, () => Promise.reject(CANARY)],
  ["a body that breaks off", false, () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.error(new Error(CANARY)) }),
    )],
  [
    "new tokens",
    true,
    () => json(200, { access_token: `new-${CANARY}`, refresh_token: `again-${CANARY}`, expires_in: 3600 }),
  ],
  ["a new token alone", true, () => json(200, { access_token: `new-${CANARY}`, expired_in: 3600 })],
];

Deno.test("Refresher tells and stores no secret in the clear, whatever the service answers", async (t) => {
  for (const make of SERVICES) {
    for (const [what, renews, answer] of ANSWERS) {
      await t.step(`${make.name}: ${what}`, () => renewWith(make, renews, answer));
    }
  }
});

async function renewWith(
  make: (sender: Sender, system: { now: () => number }) => Service,
  renews: boolean,
  answer: () => Response | Promise<Response>,
): Promise<void> {
  using box = await refreshBox(HOUR);
  let asked = 0;
  const fetch = async () => {
    asked++;
    return await answer();
  };
  // Its deadline never comes.
  const sender = {
    system: { fetch, sleep: () => new Promise<void>(() => {}) },
    userAgent: "agentgazer/1.2.3",
  };
  const service = make(sender, { now: () => box.time });
  const { refresher, vault, told } = box.process([service]);
  const text = JSON.stringify({ accessToken: `old-${CANARY}`, refreshToken: `first-${CANARY}` });
  const expiresAt = new Date(box.time - 1).toISOString();
  await box.put("login", service.id, text, { expiresAt, renewable: true });
  const entry = () => vault.read().entry("login", service.id)!.fields;
  const errors: unknown[] = [];
  await refresher.ensure(service.id, entry()).catch((error) => errors.push(error));
  await refresher.replace(service.id, new Secret(`old-${CANARY}`)).catch((error) => errors.push(error));
  assert.ok(asked === 1 || asked === 2, `asked ${asked} times`);
  const { lastError } = loginFields(entry());
  // A failure that can't be read back would not be remembered.
  assert.equal(lastError === undefined, renews);
  for (const error of errors) {
    assert.ok(error instanceof AppError, String(error));
    assertNoCanary(`${error.message}${error.hint}${error.stack}${error.cause}`, "an error");
  }
  assert.equal(errors.length, renews ? 0 : 2);
  assertNoCanary(told.join("\n"), "what was told");
  await assertNoCanaryBelow(box.home.folder);
}

function json(status: number, body: unknown): Response {
  return Response.json(body, { status });
}
