import assert from "node:assert/strict";
import { assertRun, listLogins } from "../support/login_run.ts";
import { logInToMiniMax, startMiniMaxScene } from "../support/minimax_scene.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { changes, onTokens } from "../support/vendors/faults.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** When tokens end, as the server tells it at this time, and in how many seconds that is. */
const EXPIRIES: [what: string, expiredIn: (now: number) => unknown, seconds: number][] = [
  ["seconds from now", () => 7200, 7200],
  ["seconds since 1970", (now) => Math.floor(now / 1000) + 7200, 7200],
  ["milliseconds since 1970", (now) => now + 7_200_000, 7200],
  ["a text of seconds from now", () => "7200", 7200],
  ["a text of milliseconds since 1970", (now) => `${now + 7_200_000}`, 7200],
  ["thirty days", () => 2_592_000, 2_592_000],
  ["nothing", () => undefined, 900],
  ["null", () => null, 900],
  ["zero", () => 0, 900],
  ["a negative number", () => -7200, 900],
  ["words", () => "soon", 900],
  ["a number that is no date", () => 1e300, 900],
  ["a list", () => [7200], 900],
];

testWith(NEEDS, "login minimax-oauth knows when its tokens end, in whatever way that is told", async (t) => {
  await sideBySide(t, EXPIRIES, async ([, expiredIn, seconds]) => {
    const poll = onTokens(changes((body) => ({ ...body, expired_in: expiredIn(Date.now()) })));
    await using scene = await startMiniMaxScene({ poll });
    const before = Date.now();
    assertRun(scene, await logInToMiniMax(scene), 0, /logged in/);
    const [login] = await listLogins(scene.box);
    const end = Date.parse(login!.expiresAt!) - seconds * 1000;
    // Whole seconds may be cut off.
    assert.ok(end >= before - 1000 && end <= Date.now(), `${login!.expiresAt}`);
    assert.equal(login!.status, "logged-in");
  });
});

const USUAL = "https://api.minimax.io/anthropic";

/** What the server names for requests, where they go then, and whether that is worth a word. */
const RESOURCES: [resourceUrl: unknown, endpoint: string, isTold: boolean][] = [
  [undefined, USUAL, false],
  [null, USUAL, false],
  [USUAL, USUAL, false],
  [`${USUAL}/`, USUAL, false],
  ["https://api.minimax.io/plan/anthropic", "https://api.minimax.io/plan/anthropic", false],
  ["https://elsewhere.test/anthropic", USUAL, true],
  ["https://api.minimaxi.com/anthropic", USUAL, true],
  ["https://api.minimax.io.elsewhere.test/anthropic", USUAL, true],
  ["https://elsewhere.test/api.minimax.io/anthropic", USUAL, true],
  ["https://account.minimax.io/anthropic", USUAL, true],
  ["https://api.minimax.io:8443/anthropic", USUAL, true],
  ["https://ada:x@api.minimax.io/anthropic", USUAL, true],
  ["https://api.minimax.io@elsewhere.test/anthropic", USUAL, true],
  ["http://api.minimax.io/anthropic", USUAL, true],
  ["//api.minimax.io/anthropic", USUAL, true],
  ["/anthropic", USUAL, true],
  ["https://api.minimax.io/anthropic/../admin", USUAL, true],
  ["https://api.minimax.io/anthropic?x=", USUAL, true],
  ["https://api.minimax.io/anthropic#", USUAL, true],
  ["https://api.minimax.io\\@elsewhere.test", USUAL, true],
  ["", USUAL, true],
  [5, USUAL, true],
  [[USUAL], USUAL, true],
];

testWith(NEEDS, "requests go where MiniMax wants them, if that is its own address", async (t) => {
  const rows = RESOURCES.map((row) => [JSON.stringify(row[0]) ?? "nothing", ...row] as const);
  await sideBySide(t, rows, async ([, resourceUrl, endpoint, isTold]) => {
    const poll = onTokens(changes({ resource_url: resourceUrl }));
    await using scene = await startMiniMaxScene({ poll });
    const run = await logInToMiniMax(scene);
    assertRun(scene, run, 0, /logged in/);
    assert.equal(
      /\nThe service named an address for its requests that is not its own; /.test(run.stderr),
      isTold,
    );
    assert.doesNotMatch(run.stderr, /elsewhere|8443|admin/);
    const [login] = await listLogins(scene.box);
    assert.equal(login?.endpoint, endpoint);
    assert.equal(await whereRequestsGo(scene), `${endpoint}/v1/messages`);
  });
});

/** Where the proxy sends a request, with the token. */
async function whereRequestsGo({ box, providers, minimax }: LoginScene): Promise<string> {
  await using proxy = await box.start();
  const env = await box.run(["env", "--shell", "json"]);
  const { MINIMAX_API_KEY: key, MINIMAX_BASE_URL: base } = JSON.parse(env.stdout);
  providers.received.length = 0;
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${base}/v1/messages`, { method: "POST", headers, body: "{}" });
  await answer.body?.cancel();
  const { host, target, headers: sent } = providers.takeOne();
  assert.ok(minimax.secrets().includes(sent.get("authorization")!.replace("Bearer ", "")), proxy.log());
  return `https://${host}${target}`;
}
