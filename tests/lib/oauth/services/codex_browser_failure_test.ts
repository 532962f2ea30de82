import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../../lib/errors.ts";
import { type BrowserBox, startBrowserLogin } from "../../../support/codex_browser_box.ts";
import { isSettled } from "../../../support/fake_callback.ts";
import { fails } from "../../../support/failure.ts";
import * as faults from "../../../support/vendors/faults.ts";
import { makeJwt } from "../../../support/vendors/jwt.ts";

/** Fails unless the login ended so, and left nothing behind. */
async function assertFailed(box: BrowserBox, code: ErrorCode, reason: RegExp): Promise<AppError> {
  const error = await fails(code, () => box.login);
  assert.match(error.message, reason);
  assert.deepEqual(box.kept, []);
  assert.ok(box.servers.every(({ isClosed }) => isClosed), "a port is still taken");
  for (const secret of box.codex.secrets()) {
    assert.ok(!`${error.message}${error.hint}${box.talk.said}`.includes(secret), "a secret is told");
  }
  return error;
}

const EVIL = makeJwt({ iss: "https://evil.test", aud: ["app_EMoamEEZ73f0CkXaXp7hrann"] });
const NOT_OURS = makeJwt({ iss: "https://auth.openai.com", aud: ["app_X8zY6vW2pQ9tR3dE7nK1jL5gH"] });

const EXCHANGES: [what: string, fault: faults.Fault, code: ErrorCode, reason: RegExp][] = [
  ["a used code", faults.fails(400, "invalid_grant"), "login_failed", /used before/],
  ["a standard error", faults.fails(400, "invalid_request", "flat"), "login_failed", /did not understand/],
  ["another country", faults.fails(403, "unsupported_country_region_territory"), "login_failed", /VPN/],
  ["an unknown client", faults.fails(401, "invalid_client", "bare"), "login_failed", /does not know/],
  ["a firewall", faults.blocked, "login_failed", /403 and a page/],
  ["a redirect", faults.movesTo("https://evil.test/"), "login_failed", /the endpoint moved/],
  ["a server that is ill", faults.replies(500), "login_failed", /status 500/],
  ["a page", faults.replies(200, "<html>"), "login_failed", /could not be understood/],
  ["nothing", faults.replies(200), "login_failed", /could not be understood/],
  [
    "a token of another type",
    faults.changes({ token_type: "DPoP" }),
    "login_failed",
    /could not be understood/,
  ],
  ["no access token", faults.without("access_token"), "login_failed", /could not be understood/],
  ["an ID token of another server", faults.changes({ id_token: EVIL }), "login_failed", /another server/],
  [
    "an ID token for another program",
    faults.changes({ id_token: NOT_OURS }),
    "login_failed",
    /another program/,
  ],
  ["no connection", () => Promise.reject(new TypeError("dns error")), "network_failed", /resolved/],
  ["a broken connection", () => Promise.reject(new TypeError("reset")), "network_failed", /broke off/],
];

Deno.test("the page and the terminal say that the exchange failed: …", async (t) => {
  for (const [what, fault, code, reason] of EXCHANGES) {
    await t.step(what, async () => {
      const box = startBrowserLogin();
      box.codex.traps.exchange = fault;
      const { status, page } = await box.visit(box.codex.approve(await box.authorizeUrl()));
      const { message } = await assertFailed(box, code, reason);
      assert.equal(status, 400);
      assert.match(page, /The login failed/);
      assert.ok(page.includes(message), page);
      assert.doesNotMatch(page + message, /upstream-words/);
      assert.equal(box.codex.counts.exchange, 1);
    });
  }
});

const DENIALS: [what: string, extra: Record<string, string>, reason: RegExp, hint?: RegExp][] = [
  ["declined", {}, /declined in the browser/],
  [
    "a workspace without Codex",
    { error_description: "x missing_codex_entitlement y" },
    /workspace of ChatGPT does not include Codex/,
    /another workspace/,
  ],
  ["with hostile words", { error_description: '<script>alert("upstream-words")</script>' }, /declined/],
  ["with a terminal's escape sequence", { error_description: "\x1b]0;upstream-words\x07" }, /declined/],
  ["another error", { error: "server_error", error_description: "upstream-words" }, /with an error/],
  ["an error in no shape", { error: "<b>upstream-words</b>" }, /OpenAI answered with an error/],
];

Deno.test("an error in the callback ends the login in words of ours: …", async (t) => {
  for (const [what, extra, reason, hint = /try again/] of DENIALS) {
    await t.step(what, async () => {
      const box = startBrowserLogin();
      const { status, page } = await box.visit(box.codex.deny(await box.authorizeUrl(), extra));
      const error = await assertFailed(box, "login_failed", reason);
      assert.match(error.hint ?? "", hint);
      assert.equal(status, 400);
      assert.ok(page.includes(error.message));
      assert.doesNotMatch(page + error.message, /upstream-words|script|\p{Cc}(?<!\n)/u);
      assert.equal(box.codex.counts.exchange, 0);
    });
  }
});

Deno.test("the page says that storing failed", async () => {
  const box = startBrowserLogin({
    keep: () => Promise.reject(new AppError("keystore_unavailable", "The keystore is locked", "unlock it")),
  });
  const { status, page } = await box.visit(box.codex.approve(await box.authorizeUrl()));
  assert.equal(status, 400);
  assert.match(page, /The login failed.*The keystore is locked/s);
  await assertFailed(box, "keystore_unavailable", /locked/);
});

Deno.test("when all ports are taken, no browser is opened and the other way is named", async () => {
  const box = startBrowserLogin({
    refuse({ hostname }) {
      if (hostname === "::1") throw Object.assign(new Error(), { name: "AddrInUse" });
    },
  });
  const { hint } = await assertFailed(box, "network_failed", /port 1455 or 1457: other programs use them/);
  assert.match(hint ?? "", /agentgazer login openai-oauth --device/);
  assert.deepEqual([box.talk.said, box.talk.opened], [[], []]);
});

Deno.test("the port is free again when it ends before the browser came back", async (t) => {
  await t.step("given up", async () => {
    const box = startBrowserLogin();
    await box.authorizeUrl();
    box.talk.giveUp();
    await assertFailed(box, "interrupted", /Interrupted/);
  });
  await t.step("the terminal failed", async () => {
    const talk = { say: () => Promise.reject(new AppError("usage", "No terminal")) };
    await assertFailed(startBrowserLogin({ talk }), "usage", /No terminal/);
  });
  await t.step("the browser failed", async () => {
    const talk = { open: () => Promise.reject(new AppError("usage", "No browser")) };
    await assertFailed(startBrowserLogin({ talk }), "usage", /No browser/);
  });
});

Deno.test("what was given up while the exchange ran is not stored", async () => {
  const box = startBrowserLogin();
  const hang = faults.makeHang("after");
  box.codex.traps.exchange = hang.fault;
  const visiting = box.visit(box.codex.approve(await box.authorizeUrl()));
  await hang.arrived;
  box.talk.giveUp();
  await assertFailed(box, "interrupted", /Interrupted/);
  hang.release();
  const { status, page } = await visiting;
  assert.equal(status, 400);
  assert.match(page, /given up before it was complete/);
  assert.deepEqual(box.kept, []);
});

Deno.test("a callback with the right state that is not for this login changes nothing", async (t) => {
  for (
    const more of ["error=", "error=&code=", "error=access_denied&iss=https://evil.test", "response=a.b.c"]
  ) {
    await t.step(more, async () => {
      const box = startBrowserLogin();
      const url = await box.authorizeUrl();
      const state = new URL(url).searchParams.get("state")!;
      const { status } = await box.visit(`http://localhost:1455/auth/callback?state=${state}&${more}`);
      assert.equal(status, 400);
      assert.equal(await isSettled(box.login), false, "the login ended");
      assert.equal((await box.visit(box.codex.approve(url))).status, 200);
      await box.login;
    });
  }
});

Deno.test("the callback of another login is refused, and this one goes on", async () => {
  const [mine, other] = [startBrowserLogin(), startBrowserLogin()];
  const url = new URL(await other.authorizeUrl());
  // Both fakes have the same chance; the attacker's login has another state.
  url.searchParams.set("state", "A".repeat(43));
  const { status } = await mine.visit(other.codex.approve(url.href));
  assert.equal(status, 400);
  assert.equal(await isSettled(mine.login), false);
  assert.equal(mine.codex.counts.exchange, 0);
  assert.equal((await mine.visit(mine.codex.approve(await mine.authorizeUrl()))).status, 200);
  await mine.login;
  other.talk.giveUp();
  await assertFailed(other, "interrupted", /Interrupted/);
});

Deno.test("a code of another login is worth nothing: the verifier is not its own", async () => {
  const box = startBrowserLogin();
  const url = new URL(await box.authorizeUrl());
  const state = url.searchParams.get("state")!;
  url.searchParams.set("code_challenge", "A".repeat(43));
  const stolen = new URL(box.codex.approve(url.href)).searchParams.get("code")!;
  const { status } = await box.visit(`http://localhost:1455/auth/callback?code=${stolen}&state=${state}`);
  assert.equal(status, 400);
  await assertFailed(box, "login_failed", /used before/);
});
