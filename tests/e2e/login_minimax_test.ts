import assert from "node:assert/strict";
import { type Behaviour, fakeOpeners } from "../support/fake_openers.ts";
import { assertRun, listLogins } from "../support/login_run.ts";
import { logInToMiniMax, startMiniMaxScene } from "../support/minimax_scene.ts";
import { testWith } from "../support/needs.ts";
import { sideBySide } from "../support/side_by_side.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** How the login is made, what the program that opens pages does, whether it is called, and what is said then. */
const WAYS: [what: string, args: string[], opener: Behaviour | undefined, calls: number, says: RegExp][] = [
  ["in the browser", [], "works", 1, /confirm the code [\w-]+\nNobody/],
  [
    "in no browser",
    [],
    "fails",
    1,
    /\n\(No browser could be opened here: open the page yourself\.\)\nNobody/,
  ],
  ["without such a program", [], undefined, 0, /\n\(No browser could be opened here: /],
  ["on another device", ["--device"], "works", 0, /confirm the code [\w-]+\nNobody/],
  ["with the address alone", ["--no-browser"], "works", 0, /confirm the code [\w-]+\nNobody/],
];

testWith(NEEDS, "login minimax-oauth logs in when the code is confirmed", async (t) => {
  const rows = ([["global", "minimax.io"], ["cn", "minimaxi.com"]] as const).flatMap(([region, site]) =>
    WAYS.map(([what, ...way]) => [`${region}, ${what}`, region, site, ...way] as const)
  );
  await sideBySide(t, rows, async ([, region, site, args, opener, calls, says]) => {
    await using scene = await startMiniMaxScene();
    using openers = fakeOpeners(scene.folder, opener === undefined ? {} : { "xdg-open": opener });
    const run = await logInToMiniMax(scene, region, args, openers.wrapper);
    assertRun(scene, run, 0, says);
    assert.match(run.stderr, /^agentgazer: logged in to MiniMax Coding Plan\n.*hint: to use it: /m);
    assert.match(run.stderr, /^waiting for the code to be confirmed \((10:00|9:5\d) left\)$/m);
    const [, page, code] = /^Open (\S+) and confirm the code (\S+)$/m.exec(run.stderr)!;
    assert.equal(page, `https://platform.${site}/oauth-authorize?user_code=${code}`);
    assert.deepEqual(openers.opened().flatMap(({ args }) => args), Array(calls).fill(page));
    const [login] = await listLogins(scene.box);
    assert.deepEqual([login?.id, login?.status, login?.region], ["minimax-oauth", "logged-in", region]);
    assert.equal(login?.endpoint, `https://api.${site}/anthropic`);
    assert.deepEqual(new Set(scene.providers.received.map(({ host }) => host)), new Set([`account.${site}`]));
  });
});
