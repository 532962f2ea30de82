import assert from "node:assert/strict";
import { join } from "node:path";
import { type Browser, startBrowser } from "../support/browser.ts";
import { beginLogin, browserScene, freed, secretsIn, storedIn } from "../support/browser_login.ts";
import { testWith } from "../support/needs.ts";
import { blocked, fails, makeHang } from "../support/vendors/faults.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["chromium", "compile", "namespace", "openssl"] as const;

/** A browser that takes the stand-in for the vendor. */
function browserOf({ folder, providers, box }: LoginScene): Promise<Browser> {
  // Its history.
  box.watch.exempt.push(/\/browser$/);
  const hosts = Deno.readTextFileSync(providers.hostsFile);
  const [, address] = /^(\S+) .*\bauth\.openai\.com\b/m.exec(hosts)!;
  return startBrowser({ resolve: { "auth.openai.com": address! }, profileFolder: join(folder, "browser") });
}

testWith(NEEDS, "a browser logs in, and sees our page once the tokens are stored", async (t) => {
  await using scene = await browserScene();
  await using browser = await browserOf(scene);
  await using login = await beginLogin(scene);
  const hang = makeHang();
  scene.codex.traps.exchange = hang.fault;
  await browser.open(login.url);
  await browser.click("#allow");
  await hang.arrived;
  assert.deepEqual(await storedIn(scene), []);
  // It still waits for our page.
  assert.match(await browser.url(), /^https:\/\/auth\.openai\.com\/oauth\//);
  hang.release();
  await browser.waitForText(/^You are logged in\n/);
  assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
  assert.match(await browser.text(), /You can close this page and go back to the terminal\.$/);
  const { code, stderr } = await login.ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /logged in to OpenAI Codex as someone@example\.test \(plus\)/);
  await t.step("although the browser keeps connections, nobody listens any more", async () => {
    await freed(1455);
  });
  await t.step("the page holds no secret, runs nothing, and tells no other page where it is", async () => {
    assert.deepEqual(secretsIn(scene, await browser.html()), []);
    assert.equal(await browser.evaluate("document.scripts.length"), 0);
    assert.equal(await browser.evaluate("document.contentType"), "text/html");
    await assert.rejects(browser.evaluate("fetch('https://auth.openai.com/')"), /Failed to fetch/);
  });
  await t.step("what was right once is nobody's any more", async () => {
    await assert.rejects(browser.open(await browser.url()), /ERR_CONNECTION_REFUSED/);
    assert.equal(scene.codex.counts.exchange, 1);
  });
});

testWith(NEEDS, "a browser sees why a login failed", async (t) => {
  await using scene = await browserScene();
  const { codex } = scene;
  await using browser = await browserOf(scene);
  const failed = /^The login failed\n\nCannot log in: (.*)\. The terminal says what to do next\.$/;
  const rows = [
    [
      "a page of a firewall",
      blocked,
      "auth.openai.com answered with status 403 and a page, as a firewall does",
    ],
    [
      "words of the server",
      fails(400, "<img src=x onerror=alert(1)>"),
      "auth.openai.com answered with status 400",
    ],
  ] as const;
  for (const [name, fault, reason] of rows) {
    await t.step(name, async () => {
      codex.traps.exchange = fault;
      await using login = await beginLogin(scene);
      await browser.open(login.url);
      await browser.click("#allow");
      assert.equal((await browser.waitForText(failed))[1], reason);
      assert.equal((await login.ended).code, 3);
    });
  }
  await t.step("a no of the person", async () => {
    await using login = await beginLogin(scene);
    await browser.open(login.url);
    await browser.click("#deny");
    assert.equal((await browser.waitForText(failed))[1], "it was declined in the browser");
    assert.equal((await login.ended).code, 3);
  });
  assert.deepEqual(await storedIn(scene), []);
});

testWith(NEEDS, "a browser can be wrong, and go on", async (t) => {
  await using scene = await browserScene();
  await using browser = await browserOf(scene);
  await using old = await beginLogin(scene);
  old.running.kill("SIGTERM");
  await old.ended;
  await using login = await beginLogin(scene);
  await t.step("the page of an earlier login", async () => {
    await browser.open(old.url);
    await browser.click("#allow");
    await browser.waitForText(/^This address was refused\n\n.*[uU]se the page that was opened last\.$/);
    assert.equal(scene.codex.counts.exchange, 0);
  });
  await t.step("a page of somebody else can neither read nor end the login", async () => {
    await browser.open("https://auth.openai.com/codex/device");
    const call = (path: string) => `fetch("http://localhost:1455${path}").then((page) => page.text())`;
    await assert.rejects(browser.evaluate(call("/auth/callback?code=x&state=x")), /Failed to fetch/);
    await assert.rejects(browser.evaluate(call("/cancel")), /Failed to fetch/);
  });
  await t.step("the page that was opened last", async () => {
    await browser.open(login.url);
    await browser.click("#allow");
    await browser.waitForText(/^You are logged in\n/);
    assert.equal((await login.ended).code, 0);
  });
});
