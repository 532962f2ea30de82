import assert from "node:assert/strict";
import { assertAskedOnly, ELSEWHERE } from "../support/device_scene.ts";
import { assertRun, logInInVain, storedNames } from "../support/login_run.ts";
import { logInToMiniMax, startMiniMaxScene } from "../support/minimax_scene.ts";
import { testWith } from "../support/needs.ts";
import type { Running } from "../support/program.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { blocked, changes, cuts, type Fault, makeHang, movesTo, replies } from "../support/vendors/faults.ts";
import { onTokens, without } from "../support/vendors/faults.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";
import { baseResp } from "../support/vendors/minimax_device.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const LOGIN = ["minimax-oauth", "--device"];

/** Which answer ends the login, the exit code, and what is said. */
type Row = [what: string, fault: Fault, code: number, says: RegExp];

const WORDS = "upstream-words";

/** In place of a code to confirm. */
const CODE: Row[] = [
  ["a silent server", makeHang().fault, 7, /account\.minimax\.io did not answer within 15 seconds/],
  ["half an answer", cuts, 7, /the answer of account\.minimax\.io broke off/],
  ["a firewall's page", blocked, 3, /status 403 and a page, as a firewall does/],
  ["400", replies(400, baseResp(2013, WORDS)), 3, /answered with status 400/],
  ["500", replies(500, WORDS), 3, /answered with status 500/],
  ["a redirect to another host", movesTo(ELSEWHERE), 3, /the endpoint moved: account\.minimax\.io answered/],
  ["a redirect on the host", movesTo("/oauth3/code"), 3, /the endpoint moved/],
  ["no JSON", replies(200, WORDS), 3, /Cannot log in: /],
  ["null", replies(200, "null"), 3, /Cannot log in: /],
  ["an error with status 200", replies(200, baseResp(1004, WORDS)), 3, /Cannot log in: /],
  ["another login's state", changes({ state: "x".repeat(43) }), 3, /belongs to another login/],
  [
    "the state in other letters",
    changes(({ state, ...rest }) => ({ ...rest, state: `${state} ` })),
    3,
    /another login/,
  ],
  ["no state", without("state"), 3, /belongs to another login/],
  ["the state in a list", changes(({ state, ...rest }) => ({ ...rest, state: [state] })), 3, /another login/],
  ["no code", without("user_code"), 3, /could not be understood/],
  ["a code of two lines", changes({ user_code: "A\nOpen evil" }), 3, /could not be understood/],
  ["a code that clears the screen", changes({ user_code: "A\x1b[2J" }), 3, /could not be understood/],
  ["no page", without("verification_uri"), 3, /named a page that is not its own/],
  [
    "over at the last second",
    changes({ expired_in: Math.floor(Date.now() / 1000) - 1 }),
    3,
    /expired already/,
  ],
  [
    "over, in milliseconds",
    changes({ expired_in: Date.now() - 1000 }),
    3,
    /expired already\n.*hint: set the c/,
  ],
  ...[
    "https://elsewhere.test/",
    "https://platform.minimaxi.com/oauth-authorize",
    "https://platform.minimax.io.elsewhere.test/",
    "https://elsewhere.test/platform.minimax.io",
    "https://xplatform.minimax.io/",
    "https://api.minimax.io/",
    "https://platform.minimax.io:8443/",
    "https://platform.minimax.io@elsewhere.test/",
    "https://ada@platform.minimax.io/",
    "http://platform.minimax.io/",
    "https://platform.minimax.io/?$(id)",
    "//platform.minimax.io/",
    "javascript:alert(1)//platform.minimax.io",
    "file:///etc/passwd",
    "--help",
  ].map((uri): Row => [uri, changes({ verification_uri: uri }), 3, /named a page that is not its own/]),
];

/** To the question whether the code was confirmed. */
const POLL: Row[] = [
  ["error", replies(200, { status: "error" }), 3, /it was declined, or the code has expired/],
  [
    "error, and tokens",
    onTokens(changes({ status: "error" })),
    3,
    /it was declined, or the code has expired/,
  ],
  ["no status, but an error", replies(200, baseResp(1004, WORDS)), 3, /it was declined, or the code has/],
  [
    "no status, tokens, and an error",
    onTokens(changes({ status: undefined, ...baseResp(1, WORDS) })),
    3,
    /declined/,
  ],
  ["400", replies(400, baseResp(2013, WORDS)), 3, /answered with status 400/],
  [
    "401",
    replies(401, { error: "invalid_client", error_description: WORDS }),
    3,
    /does not know this program/,
  ],
  ["expired as in RFC 8628", replies(400, { error: "expired_token" }), 3, /the code has expired/],
  ["a firewall's page", blocked, 3, /status 403 and a page, as a firewall does/],
  ["a redirect", movesTo(ELSEWHERE), 3, /the endpoint moved/],
  ["done, but no token", onTokens(without("access_token")), 3, /could not be understood/],
  [
    "done, and a token of two lines",
    onTokens(changes({ access_token: "a\nb" })),
    3,
    /could not be understood/,
  ],
];

testWith(NEEDS, "login minimax-oauth ends, and stores nothing", async (t) => {
  const rows = [
    ...CODE.map((row) => [`code: ${row[0]}`, "code", row] as const),
    ...POLL.map((row) => [`poll: ${row[0]}`, "poll", row] as const),
  ];
  await sideBySide(t, rows, async ([, endpoint, [, fault, code, says]]) => {
    await using scene = await startMiniMaxScene({ [endpoint]: fault });
    const { box, minimax } = scene;
    const run = endpoint === "poll" ? await logInToMiniMax(scene) : await logInInVain(box, LOGIN);
    assertRun(scene, run, code, says);
    assert.deepEqual(await storedNames(box), []);
    assert.deepEqual([minimax.counts.code, minimax.counts.poll], [1, Number(endpoint === "poll")]);
    assert.equal(/Open |waiting/.test(run.stderr.replace("Open evil", "")), endpoint === "poll", run.stderr);
    assertAskedOnly(scene, "account.minimax.io");
  });
});

/** What ends a login that is waited for, the exit code, and what is said. */
const ENDS: [what: string, end: (scene: LoginScene, login: Running) => void, code: number, says: RegExp][] = [
  ["over", () => {}, 3, /0:0\d left\)\n.*Cannot log in: (nobody finished it in time|the code has expired)/],
  ["declined", ({ minimax }) => minimax.deny("global"), 3, /it was declined, or the code has expired/],
  ["Ctrl-C", (_, login) => login.kill("SIGINT"), 130, /Interrupted, nothing was changed\n$/],
  ["SIGTERM", (_, login) => login.kill("SIGTERM"), 130, /Interrupted, nothing was changed\n$/],
];

testWith(NEEDS, "login minimax-oauth ends while it is waited for, and stores nothing", async (t) => {
  await sideBySide(t, ENDS, async ([what, end, code, says]) => {
    const arrived = Promise.withResolvers<void>();
    const poll = (answer: () => Promise<Response>) => {
      arrived.resolve();
      return answer();
    };
    await using scene = await startMiniMaxScene({ poll });
    scene.minimax.settings.codeLifetime = what === "over" ? 3 : 600;
    await using login = scene.box.spawn(["login", ...LOGIN]);
    await arrived.promise;
    end(scene, login);
    assertRun(scene, await login.ended, code, says);
    assert.deepEqual(await storedNames(scene.box), []);
  });
});
