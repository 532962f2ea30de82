import assert from "node:assert/strict";
import type { ErrorCode } from "../../../../lib/errors.ts";
import { settleStreams } from "../../../support/fake_clock.ts";
import { fails } from "../../../support/failure.ts";
import { START_TIME } from "../../../support/fake_system.ts";
import { miniMaxBox } from "../../../support/minimax_login_box.ts";
import * as faults from "../../../support/vendors/faults.ts";
import { baseResp } from "../../../support/vendors/minimax_device.ts";

const NO_CONNECTION: faults.Fault = () => Promise.reject(new TypeError("dns error"));

const UNCLEAR = /could not be understood/;
const FOREIGN = /belongs to another login/;

type Row = [endpoint: "code" | "poll", what: string, fault: faults.Fault, reason: RegExp, code?: ErrorCode];

const ENDS: Row[] = [
  ["code", "a redirect", faults.movesTo("https://account.minimax.io/x"), /the endpoint moved/],
  ["code", "a firewall", faults.blocked, /403 and a page/],
  ["code", "an error of the API", faults.replies(400, baseResp(2013, "upstream-words")), /status 400/],
  ["code", "a server that is ill", faults.replies(502, "upstream-words"), /status 502/],
  ["code", "nothing", faults.replies(200), FOREIGN],
  ["code", "no state", faults.without("state"), FOREIGN],
  ["code", "an empty state", faults.changes({ state: "" }), FOREIGN],
  ["code", "another state", faults.changes({ state: "A".repeat(43) }), FOREIGN],
  [
    "code",
    "a state in a list",
    faults.changes(({ state, ...more }) => ({ ...more, state: [state] })),
    FOREIGN,
  ],
  [
    "code",
    "a longer state",
    faults.changes(({ state, ...more }) => ({ ...more, state: `${state}A` })),
    FOREIGN,
  ],
  ["code", "no code", faults.without("user_code"), UNCLEAR],
  ["code", "a code in colours", faults.changes({ user_code: "\x1b[31mA" }), UNCLEAR],
  ["code", "a code on two lines", faults.changes({ user_code: "A\nOpen evil" }), UNCLEAR],
  ["code", "a code in a list", faults.changes({ user_code: ["A"] }), UNCLEAR],
  ["code", "an old code", faults.changes({ expired_in: START_TIME }), /the code has expired already/],
  ["code", "a much older code", faults.changes({ expired_in: 1e9 }), /the code has expired already/],
  ["code", "no connection", NO_CONNECTION, /resolved/, "network_failed"],
  ["poll", "declined", faults.replies(200, { status: "error" }), /declined, or the code has expired/],
  [
    "poll",
    "an error behind 200",
    faults.replies(200, baseResp(2013, "upstream-words")),
    /declined, or the code/,
  ],
  ["poll", "an error of the API", faults.replies(400, baseResp(2013, "upstream-words")), /status 400/],
  ["poll", "invalid_grant", faults.fails(400, "invalid_grant"), /used before/],
  ["poll", "a firewall", faults.blocked, /403 and a page/],
  ["poll", "a redirect", faults.movesTo("https://evil.test/"), /the endpoint moved/],
  ["poll", "no connection, again and again", NO_CONNECTION, /resolved/, "network_failed"],
  ["poll", "a server that stays ill", faults.replies(500), /status 500/, "network_failed"],
  ["poll", "nobody, for ten minutes", faults.replies(200, { status: "pending" }), /the code has expired/],
];

Deno.test("a login fails in words of ours: …", async (t) => {
  for (const [endpoint, what, fault, reason, code = "login_failed"] of ENDS) {
    await t.step(`${endpoint}: ${what}`, async () => {
      const { minimax, run, kept, talk, requests } = miniMaxBox();
      minimax.traps[endpoint] = fault;
      const { message } = await fails(code, run);
      assert.match(message, reason);
      assert.doesNotMatch(message + talk.said, /upstream-words|\p{Cc}|evil/u);
      for (const secret of minimax.secrets()) assert.ok(!message.includes(secret), "a secret is told");
      assert.deepEqual(kept, []);
      assert.ok(requests.every(({ url }) => new URL(url).host === "account.minimax.io"));
      if (endpoint === "code") assert.deepEqual([talk.said, talk.opened, minimax.counts.poll], [[], [], 0]);
    });
  }
});

const PAGES: [uri: unknown, page?: string][] = [
  ["https://platform.minimax.io/a-b_c?d=e&f=%20", "https://platform.minimax.io/a-b_c?d=e&f=%20"],
  ["https://www.minimax.io/a", "https://www.minimax.io/a"],
  ["https://account.minimax.io/a", "https://account.minimax.io/a"],
  ["https://platform.minimax.io:443/a", "https://platform.minimax.io/a"],
  ["https://platform.minimax.io/ä b", "https://platform.minimax.io/%C3%A4%20b"],
  ["https://platform.minimax.io/\x1b]0;evil\x07"],
  ["https://platform.minimax.io/$(evil)"],
  ["https://platform.minimax.io/a;evil"],
  ["https://platform.minimax.io/a|evil"],
  ["https://platform.minimax.io/a'evil"],
  ["https://platform.minimax.io/a?b=^evil"],
  ["https://platform.minimaxi.com/a"],
  ["http://platform.minimax.io/a"],
  ["https://platform.minimax.io:8443/a"],
  ["https://platform.minimax.io./a"],
  ["https://minimax.io/a"],
  ["https://api.minimax.io/a"],
  ["https://x.platform.minimax.io/a"],
  ["https://platform.minimax.io.evil.test/a"],
  ["https://evil.test/platform.minimax.io"],
  ["https://platform.minimax.io@evil.test/a"],
  ["https://evil@platform.minimax.io/a"],
  ["https://:evil@platform.minimax.io/a"],
  ["https://pl\u0430tform.minimax.io/a"],
  ["javascript:alert('platform.minimax.io')"],
  ["file:///etc/passwd"],
  ["file://platform.minimax.io/a"],
  ["ftp://platform.minimax.io/a"],
  ["//platform.minimax.io/a"],
  ["platform.minimax.io/a"],
  ["--help"],
  [""],
  [null],
  [undefined],
  [5],
  [["https://platform.minimax.io/a"]],
];

Deno.test("only a page of MiniMax's own is shown and opened", async (t) => {
  for (const [verification_uri, page] of PAGES) {
    await t.step(JSON.stringify(verification_uri) ?? "none", async () => {
      const { minimax, run, talk } = miniMaxBox();
      minimax.traps.code = faults.changes({ verification_uri });
      if (page !== undefined) {
        await run();
        assert.deepEqual(talk.opened, [page]);
        assert.ok(talk.said[0]!.startsWith(`Open ${page} and confirm`));
        return;
      }
      const { message } = await fails("login_failed", run);
      assert.equal(message, "Cannot log in: MiniMax named a page that is not its own");
      assert.deepEqual([talk.said, talk.opened, talk.pictures], [[], [], []]);
    });
  }
});

Deno.test("after giving up nothing is stored, and nothing more is asked", async () => {
  const { minimax, run, kept, talk } = miniMaxBox();
  const hang = faults.makeHang("after");
  minimax.traps.poll = hang.fault;
  const login = run();
  await hang.arrived;
  talk.giveUp();
  await fails("interrupted", () => login);
  hang.release();
  // Whatever goes on would have gone on by then.
  await settleStreams();
  assert.deepEqual(kept, []);
  assert.equal(minimax.counts.poll, 1);
});
