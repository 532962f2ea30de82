import { createHash } from "node:crypto";
import assert from "node:assert/strict";
import { openGrant } from "../../../support/fake_login.ts";
import { START_TIME } from "../../../support/fake_system.ts";
import { miniMaxBox, type MiniMaxOptions } from "../../../support/minimax_login_box.ts";
import * as faults from "../../../support/vendors/faults.ts";

const REGIONS: [options: MiniMaxOptions, domain: string][] = [
  [{}, "minimax.io"],
  [{ region: "global" }, "minimax.io"],
  [{ region: "cn" }, "minimaxi.com"],
  [{ region: "cn", device: true }, "minimaxi.com"],
  [{ device: true }, "minimax.io"],
];

Deno.test("a login shows the code, opens the page and stores the tokens, in its own region", async (t) => {
  for (const [options, domain] of REGIONS) {
    await t.step(JSON.stringify(options), async () => {
      const { minimax, run, talk, kept, requests } = miniMaxBox({ ...options, approvedAt: 3 });
      await run();
      const [userCode] = minimax.secrets().filter((secret) => talk.said[0]!.endsWith(` ${secret}`));
      const page = `https://platform.${domain}/oauth-authorize?user_code=${userCode}`;
      assert.deepEqual(talk.said, [
        `Open ${page} and confirm the code ${userCode}`,
        "Nobody else needs this code: whoever asks you for it wants your account.",
      ]);
      const { device = false, region = "global" } = options;
      assert.deepEqual([talk.opened, talk.pictures], device ? [[], [page]] : [[page], []]);
      assert.deepEqual(new Set(requests.map(({ url }) => new URL(url).host)), new Set([`account.${domain}`]));
      assert.equal(kept.length, 1);
      const { access, refresh, ...fields } = openGrant(kept[0]!);
      const secrets = minimax.secrets();
      assert.ok(secrets.includes(access as string) && secrets.includes(refresh as string));
      assert.deepEqual(fields, {
        expiresAt: new Date(START_TIME + 9000 + 7200_000).toISOString(),
        renewable: true,
        region,
        base: `https://api.${domain}/anthropic`,
      });
    });
  }
});

Deno.test("the requests are those of the portal's client", async () => {
  const { run, requests } = miniMaxBox();
  await run();
  const [first, second] = requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  const { code_challenge, state, ...code } = first!;
  const { code_verifier, user_code: _, ...token } = second!;
  assert.deepEqual(code, {
    client_id: "78257093-7e40-4613-99e0-527b14b39113",
    scope: "group_id profile model.completion",
    response_type: "code",
    code_challenge_method: "S256",
  });
  assert.deepEqual(token, {
    grant_type: "urn:ietf:params:oauth:grant-type:user_code",
    client_id: "78257093-7e40-4613-99e0-527b14b39113",
  });
  assert.match(state!, /^[\w-]{43}$/);
  assert.match(code_verifier!, /^[\w-]{43}$/);
  assert.notEqual(state, code_verifier);
  assert.equal(createHash("sha256").update(code_verifier!).digest("base64url"), code_challenge);
  const { headers } = requests[0]!;
  assert.equal(headers.get("user-agent"), "agentgazer/1.2.3");
  assert.equal(headers.get("accept"), "application/json");
  assert.match(headers.get("x-request-id") ?? "", /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
});

const INTERVALS: [interval: unknown, seconds: number][] = [
  [3000, 3],
  [5, 5],
  ["3000", 3],
  [undefined, 2],
  [1, 2],
  [0, 2],
  [-1, 2],
  [3_600_000, 60],
];

Deno.test("the server's interval is kept, within reason", async (t) => {
  for (const [interval, seconds] of INTERVALS) {
    await t.step(`${interval}`, async () => {
      const { run, pauses } = miniMaxBox({ interval });
      await run();
      assert.deepEqual(pauses, [seconds * 1000]);
    });
  }
});

const CODE_ENDS: [what: string, options: MiniMaxOptions, fault: faults.Fault | undefined, minutes: number][] =
  [
    ["ms since 1970", { codeLifetime: 600, codeExpiry: "ms" }, undefined, 10],
    ["seconds since 1970", { codeLifetime: 600, codeExpiry: "s" }, undefined, 10],
    ["seconds from now", { codeLifetime: 600, codeExpiry: "relative" }, undefined, 10],
    ["more than 15 minutes", { codeLifetime: 86_400 }, undefined, 15],
    ["nothing", {}, faults.without("expired_in"), 15],
    ["zero", {}, faults.changes({ expired_in: 0 }), 15],
    ["a text", {}, faults.changes({ expired_in: "soon" }), 15],
  ];

Deno.test("the code is valid as long as the server says, at most 15 minutes: …", async (t) => {
  for (const [what, options, fault, minutes] of CODE_ENDS) {
    await t.step(what, async () => {
      const { run, talk, minimax } = miniMaxBox(options);
      if (fault !== undefined) minimax.traps.code = fault;
      await run();
      assert.equal((await talk.waiting).until - START_TIME, minutes * 60_000);
    });
  }
});

const PENDINGS: [what: string, pending: faults.Fault, pauses: number[]][] = [
  ["pending", faults.replies(200, { status: "pending" }), [3, 3]],
  ["an unknown status", faults.replies(200, { status: "scanned" }), [3, 3]],
  ["nothing", faults.replies(200, {}), [3, 3]],
  ["429", faults.replies(429), [3, 8]],
  ["a server that is ill", faults.replies(500), [3, 6]],
  ["no connection", () => Promise.reject(new TypeError("dns error")), [3, 6]],
  ["a broken connection", () => Promise.reject(new TypeError("reset")), [3, 6]],
];

Deno.test("after these answers it asks again: …", async (t) => {
  for (const [what, pending, seconds] of PENDINGS) {
    await t.step(what, async () => {
      const { minimax, run, kept, pauses } = miniMaxBox({ approvedAt: 2 });
      minimax.traps.poll = faults.first(1, pending);
      await run();
      assert.deepEqual(pauses.map((pause) => pause / 1000), seconds);
      assert.equal(kept.length, 1);
    });
  }
});

const FOREIGN = ["https://evil.test/", "https://api.minimaxi.com/anthropic", "http://api.minimax.io/", 5, ""];

Deno.test("an address for requests that is not MiniMax's own is told and not used", async (t) => {
  for (const resource_url of FOREIGN) {
    await t.step(`${resource_url}`, async () => {
      const { minimax, run, talk, kept } = miniMaxBox();
      minimax.traps.poll = faults.changes({ resource_url });
      await run();
      assert.equal(openGrant(kept[0]!).base, undefined);
      assert.match(talk.said[2] ?? "", /an address for its requests that is not its own/);
      assert.doesNotMatch(talk.said.join(), /evil/);
    });
  }
  for (const resource_url of [undefined, null]) {
    await t.step(`${resource_url}`, async () => {
      const { minimax, run, talk, kept } = miniMaxBox();
      minimax.traps.poll = faults.changes({ resource_url });
      await run();
      assert.equal(openGrant(kept[0]!).base, undefined);
      assert.equal(talk.said.length, 2);
    });
  }
});
