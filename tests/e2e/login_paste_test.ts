import assert from "node:assert/strict";
import { beginLogin, browserScene, freed, secretsIn, storedIn, visit } from "../support/browser_login.ts";
import { testWith } from "../support/needs.ts";
import { fails, makeHang } from "../support/vendors/faults.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const ADDRESS = /paste the address that begins with http:\/\/localhost:1455\/auth\/callback\?$/;
const FOREIGN = /that address is from another login\b/;

/** What somebody pastes by mistake, or is told to paste. */
const WRONG: [name: string, change: (right: string, url: string) => string, complaint: RegExp][] = [
  ["the page itself", (_, url) => url, ADDRESS],
  ["a word", () => "yes", ADDRESS],
  ["a code alone", (right) => new URL(right).searchParams.get("code")!, ADDRESS],
  ["the address without its query", (right) => right.split("?")[0]!, ADDRESS],
  ["the address without its values", (right) => `${right.split("?")[0]!}?`, ADDRESS],
  ["another host", (right) => right.replace("localhost", "attacker.test"), ADDRESS],
  ["the address as a number", (right) => right.replace("localhost", "127.0.0.1"), ADDRESS],
  ["the other port", (right) => right.replace("1455", "1457"), ADDRESS],
  ["another scheme", (right) => right.replace("http:", "https:"), ADDRESS],
  ["another path", (right) => right.replace("/auth/", "/"), ADDRESS],
  ["userinfo", (right) => right.replace("//", "//a:b@"), ADDRESS],
  ["two addresses", (right) => `${right} ${right}`, /is repeated/],
  ["a query in the fragment", (right) => right.replace("?", "#"), ADDRESS],
  ["the state of another login", (right) => right.replace(/state=.*/, `state=${"A".repeat(43)}`), FOREIGN],
  ["no state", (right) => right.replace(/&state=.*/, ""), FOREIGN],
  ["a code and its state", (right) => `${new URL(right).searchParams.get("code")}#state`, ADDRESS],
  ["no code", (right) => right.replace(/code=[^&]*/, "code="), /that address has no code$/],
  ["the code twice", (right) => `${right}&code=ac_of-an-attacker`, /a parameter of that address is repeated/],
  ["another issuer", (right) => `${right}&iss=https%3A%2F%2Fattacker.test`, /or from another server$/],
  ["escape sequences", () => "\x1b]0;owned\x07?\x1b[2J", ADDRESS],
  ["a very long line", (right) => `${right}&x=${"y".repeat(70_000)}`, /./],
];

testWith(NEEDS, "what is pasted wrongly is told in words of ours, and can be pasted again", async (t) => {
  await using scene = await browserScene();
  const { codex } = scene;
  await using login = await beginLogin(scene);
  const { running } = login;
  const right = codex.approve(login.url);
  let lines = running.screen().split("\n").length;
  for (const [name, change, complaint] of WRONG) {
    await t.step(name, async () => {
      await running.type(`${change(right, login.url)}\n`);
      await running.shown(new RegExp(`^(.*\\n){${lines++}}`));
      const last = running.screen().split("\n").at(-2)!;
      assert.match(last, /^agentgazer: /);
      assert.match(last, complaint);
      assert.doesNotMatch(last, /attacker|ac_|owned|yyy|[^ -~]/);
    });
  }
  await t.step("empty lines are no paste", async () => {
    await running.type("\n \r\n\t\n");
    assert.equal(scene.providers.received.length, 0);
  });
  await t.step("the right one", async () => {
    await running.type(`${right}\n`);
    const { code, stderr } = await login.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stderr.match(/^agentgazer: (that|paste|a) /gm)?.length, WRONG.length);
    assert.deepEqual(secretsIn(scene, stderr), []);
    assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
    assert.equal(codex.counts.exchange, 1);
  });
});

/** As people copy it. */
const RIGHT: [name: string, change: (right: string) => string][] = [
  ["as it is", (right) => `${right}\n`],
  ["with Windows' line end", (right) => `${right}\r\n`],
  ["with spaces around it", (right) => `  ${right} \t\n`],
  ["without the scheme", (right) => `${right.slice("http://".length)}\n`],
  ["the query alone", (right) => `${new URL(right).search}\n`],
  ["with a fragment", (right) => `${right}#_=_\n`],
  ["in the other order", (right) => `${right.replace(/\?(code=.*?)&(state=.*)/, "?$2&$1")}\n`],
  ["with our issuer", (right) => `${right}&iss=https%3A%2F%2Fauth.openai.com\n`],
  ["corrected", (right) => `wrong\x15${right}!\x7f\n`],
  ["behind empty lines", (right) => `\n\n${right}\n`],
];

testWith(NEEDS, "the address can be pasted in every way that people copy it", async (t) => {
  await using scene = await browserScene();
  for (const [name, change] of RIGHT) {
    await t.step(name, async () => {
      await using login = await beginLogin(scene);
      const pasted = change(scene.codex.approve(login.url));
      // Nobody pastes at once.
      await login.running.type(pasted.slice(0, 40));
      await login.running.type(pasted.slice(40));
      const { code, stderr } = await login.ended;
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /^agentgazer: (that|paste) /m);
      await freed(1455);
    });
  }
  assert.equal(scene.codex.counts.exchange, RIGHT.length);
});

testWith(NEEDS, "a paste and the browser are one login", async (t) => {
  await using scene = await browserScene();
  const { codex } = scene;
  await t.step("what comes second is told so", async () => {
    await using login = await beginLogin(scene);
    const hang = makeHang();
    codex.traps.exchange = hang.fault;
    const right = codex.approve(login.url);
    await login.running.type(`${right}\n`);
    await hang.arrived;
    assert.equal((await visit(right)).status, 409);
    await login.running.type(`${right}\n`);
    await login.running.shown(/^agentgazer: this login has had its answer already$/m);
    hang.release();
    assert.equal((await login.ended).code, 0);
    assert.equal(codex.counts.exchange, 1);
  });
  await t.step("a no can be pasted too", async () => {
    await using login = await beginLogin(scene);
    await login.running.type(`${codex.deny(login.url)}\n`);
    const { code, stderr } = await login.ended;
    assert.equal(code, 3);
    assert.match(stderr, /it was declined in the browser/);
  });
  await t.step("a refused exchange ends it", async () => {
    codex.traps.exchange = fails(400, "invalid_grant");
    await using login = await beginLogin(scene);
    await login.running.type(`${codex.approve(login.url)}\n`);
    assert.equal((await login.ended).code, 3);
    delete codex.traps.exchange;
  });
  await t.step("nobody need be at the keyboard", async () => {
    const wrapper = ["sh", "-c", 'exec "$@" < /dev/null', "sh"];
    await using login = await beginLogin(scene, ["--no-browser"], { wrapper });
    assert.equal((await visit(codex.approve(login.url))).status, 200);
    assert.equal((await login.ended).code, 0);
  });
});
