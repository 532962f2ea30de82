import assert from "node:assert/strict";
import type { ErrorCode } from "../../../../lib/errors.ts";
import type { Grant } from "../../../../lib/oauth/service.ts";
import { logInWithDevice } from "../../../../lib/oauth/services/codex_device.ts";
import { settleStreams } from "../../../support/fake_clock.ts";
import { fakeTalk, loginMachine, openGrant } from "../../../support/fake_login.ts";
import { START_TIME } from "../../../support/fake_system.ts";
import { fails } from "../../../support/failure.ts";
import { type CodexSettings, makeCodex } from "../../../support/vendors/codex.ts";
import * as faults from "../../../support/vendors/faults.ts";

/** A login whose person types the code after so many answers. */
function start(settings: Partial<CodexSettings> = {}, approvedAt = 1) {
  const codex = makeCodex(settings);
  const machine = loginMachine((request) => {
    const isPoll = request.url.endsWith("/deviceauth/token");
    if (isPoll && codex.counts.poll + 1 === approvedAt) codex.approveDevice();
    return codex.answer(request);
  });
  const talk = fakeTalk();
  const kept: Grant[] = [];
  const run = () =>
    logInWithDevice(machine.sender, machine.system, {
      device: true,
      region: undefined,
      talk,
      keep: (grant) => Promise.resolve(void kept.push(grant)),
    });
  return { ...machine, codex, talk, kept, run };
}

Deno.test("a login by code shows the code, warns, waits and stores the tokens", async () => {
  const { codex, talk, kept, run, pauses, requests } = start({}, 3);
  await run();
  const [userCode] = codex.secrets().filter((secret) => talk.said[0]!.includes(secret));
  assert.deepEqual(talk.said, [
    `Open https://auth.openai.com/codex/device and enter the code ${userCode}`,
    "Nobody else needs this code: whoever asks you for it wants your account.",
  ]);
  assert.deepEqual(talk.pictures, ["https://auth.openai.com/codex/device"]);
  assert.deepEqual(talk.opened, []);
  assert.equal((await talk.waiting).until - START_TIME, 15 * 60_000);
  assert.deepEqual(pauses, [5000, 5000, 5000]);
  assert.equal(kept.length, 1);
  assert.equal(openGrant(kept[0]!).account, codex.settings.account.email);
  assert.ok(requests.every(({ headers }) => headers.get("user-agent") === "agentgazer/1.2.3"));
  const { code: _, code_verifier: __, ...form } = Object.fromEntries(
    new URLSearchParams(requests.at(-1)!.body),
  );
  assert.deepEqual(form, {
    grant_type: "authorization_code",
    client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    redirect_uri: "https://auth.openai.com/deviceauth/callback",
  });
});

const INTERVALS: [interval: unknown, seconds: number][] = [
  ["5", 5],
  [7, 7],
  [undefined, 5],
  [null, 5],
  ["3000", 3],
  [0, 2],
  ["1", 2],
  [86_400, 60],
  ["soon", 2],
];

Deno.test("the server's interval is kept, within reason", async (t) => {
  for (const [interval, seconds] of INTERVALS) {
    await t.step(`${interval}`, async () => {
      const { run, pauses } = start({ interval });
      await run();
      assert.deepEqual(pauses, [seconds * 1000]);
    });
  }
});

const PENDINGS: [what: string, pending: faults.Fault, pauses: number[]][] = [
  ["403", faults.fails(403, "deviceauth_authorization_pending"), [5, 5]],
  ["403 and nothing", faults.replies(403), [5, 5]],
  ["404 and nothing", faults.replies(404), [5, 5]],
  ["404 and an unknown code", faults.fails(404, "not_found", "flat"), [5, 5]],
  ["400 and a known code", faults.fails(400, "deviceauth_authorization_unknown"), [5, 5]],
  ["slow_down", faults.fails(403, "slow_down"), [5, 10]],
  ["slow_down in another shape", faults.fails(400, "SLOW_DOWN", "flat"), [5, 10]],
  ["429", faults.replies(429), [5, 10]],
  ["429 of a firewall", faults.replies(429, "<html>"), [5, 10]],
  ["a firewall", faults.blocked, [5, 10]],
  ["a server that is ill", faults.replies(503), [5, 10]],
  ["a page", faults.replies(200, "<html>"), [5, 10]],
  ["no connection", () => Promise.reject(new TypeError("dns error")), [5, 10]],
  ["a broken connection", () => Promise.reject(new TypeError("reset")), [5, 10]],
];

Deno.test("after these answers it asks again: …", async (t) => {
  for (const [what, pending, seconds] of PENDINGS) {
    await t.step(what, async () => {
      const { codex, run, kept, pauses } = start({}, 2);
      codex.traps.poll = faults.first(1, pending);
      await run();
      assert.deepEqual(pauses.map((pause) => pause / 1000), seconds);
      assert.equal(kept.length, 1);
    });
  }
});

type Endpoint = "usercode" | "poll" | "exchange";
type Row = [endpoint: Endpoint, what: string, fault: faults.Fault, reason: RegExp, code?: ErrorCode];

const ENDS: Row[] = [
  ["usercode", "codes are not allowed", faults.replies(404), /codes are not allowed for this account/],
  ["usercode", "a firewall", faults.blocked, /403 and a page/],
  ["usercode", "a server that is ill", faults.replies(500), /status 500/],
  ["usercode", "a redirect", faults.movesTo("https://evil.test/"), /the endpoint moved/],
  ["usercode", "nothing", faults.replies(200), /could not be understood/],
  ["usercode", "no code", faults.without("user_code"), /could not be understood/],
  ["usercode", "an empty code", faults.changes({ user_code: "" }), /could not be understood/],
  ["usercode", "a number as code", faults.changes({ user_code: 12345 }), /could not be understood/],
  ["usercode", "a code with a bell", faults.changes({ user_code: "A\x07B" }), /could not be understood/],
  ["usercode", "a code in colours", faults.changes({ user_code: "\x1b[31mA" }), /could not be understood/],
  [
    "usercode",
    "a code on two lines",
    faults.changes({ user_code: "A\nOpen evil" }),
    /could not be understood/,
  ],
  ["usercode", "a huge code", faults.changes({ user_code: "A".repeat(999) }), /could not be understood/],
  ["usercode", "no id", faults.without("device_auth_id"), /could not be understood/],
  ["usercode", "an id with a space", faults.changes({ device_auth_id: "a b" }), /could not be understood/],
  [
    "usercode",
    "no connection",
    () => Promise.reject(new TypeError("dns error")),
    /resolved/,
    "network_failed",
  ],
  ["poll", "declined", faults.fails(403, "access_denied"), /it was declined/],
  ["poll", "expired", faults.fails(400, "deviceauth_expired"), /the code has expired/],
  ["poll", "expired as the standard has it", faults.fails(400, "expired_token", "flat"), /has expired/],
  ["poll", "an unknown error", faults.fails(400, "upstream-words"), /status 400/],
  ["poll", "a redirect", faults.movesTo("https://evil.test/"), /the endpoint moved/],
  ["poll", "success and nothing", faults.replies(200), /could not be understood/],
  ["poll", "no verifier", faults.without("code_verifier"), /could not be understood/],
  ["poll", "no code", faults.without("authorization_code"), /could not be understood/],
  ["poll", "a code in a list", faults.changes({ authorization_code: ["a"] }), /could not be understood/],
  ["poll", "a firewall, again and again", faults.blocked, /403 and a page/, "network_failed"],
  [
    "poll",
    "no connection, again and again",
    () => Promise.reject(new TypeError("dns error")),
    /resolved/,
    "network_failed",
  ],
  ["poll", "nobody, for 15 minutes", faults.replies(403), /the code has expired/],
  ["exchange", "another verifier", faults.fails(400, "invalid_grant"), /used before/],
  ["exchange", "another country", faults.fails(403, "unsupported_country_region_territory"), /VPN/],
  ["exchange", "no tokens", faults.without("access_token"), /could not be understood/],
  [
    "exchange",
    "a broken connection",
    () => Promise.reject(new TypeError("reset")),
    /broke off/,
    "network_failed",
  ],
];

Deno.test("a login by code fails in words of ours: …", async (t) => {
  for (const [endpoint, what, fault, reason, code = "login_failed"] of ENDS) {
    await t.step(`${endpoint}: ${what}`, async () => {
      const { codex, run, kept, talk } = start({}, what.startsWith("nobody") ? 0 : 1);
      codex.traps[endpoint] = fault;
      const { message } = await fails(code, run);
      assert.match(message, reason);
      assert.doesNotMatch(message + talk.said, /upstream-words|\p{Cc}|evil/u);
      for (const secret of codex.secrets()) assert.ok(!message.includes(secret), "a secret is told");
      assert.deepEqual(kept, []);
      assert.equal(codex.counts.exchange, endpoint === "exchange" ? 1 : 0);
      if (endpoint === "usercode") assert.deepEqual(talk.said, []);
    });
  }
});

Deno.test("the code may have its other name", async () => {
  const { codex, run, talk } = start();
  codex.traps.usercode = faults.changes(({ user_code, ...others }) => ({ ...others, usercode: user_code }));
  await run();
  assert.match(talk.said[0]!, /enter the code [A-Z2-9]{4}-[A-Z2-9]{5}$/);
});

Deno.test("after giving up nothing is stored, and nothing more is asked", async (t) => {
  for (const endpoint of ["poll", "exchange"] as const) {
    await t.step(`during the ${endpoint}`, async () => {
      const { codex, run, kept, talk } = start({}, endpoint === "poll" ? 0 : 1);
      const hang = faults.makeHang("after");
      codex.traps[endpoint] = hang.fault;
      const login = run();
      await hang.arrived;
      talk.giveUp();
      await fails("interrupted", () => login);
      hang.release();
      // Whatever goes on would have gone on by then.
      await settleStreams();
      assert.deepEqual(kept, []);
      assert.equal(codex.counts[endpoint], 1);
    });
  }
});
