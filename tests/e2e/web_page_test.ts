import assert from "node:assert/strict";
import { join } from "node:path";
import { type Browser, startBrowser } from "../support/browser.ts";
import { testWith } from "../support/needs.ts";
import { sendRaw } from "../support/raw.ts";
import { startScene } from "../support/scene.ts";
import { programRequest, serveOpenly, serveWebPage, temptingAnswer } from "../support/web_page.ts";

const NEEDS = ["chromium", "compile", "namespace", "openssl"] as const;

/** Makes all attempts in the page, and gives what those could read that could read anything. */
async function attemptAll(browser: Browser, base: string, token: string): Promise<[string, string | null][]> {
  const call = `attemptAll(${JSON.stringify(base)}, ${JSON.stringify(token)})`;
  return Object.entries(await browser.evaluate(call) as Record<string, string | null>);
}

/** Lets the page itself lead the browser elsewhere. */
async function navigate(browser: Browser, url: string, shown: RegExp): Promise<void> {
  await browser.evaluate(`void (location.href = ${JSON.stringify(url)})`);
  await browser.waitForText(shown);
}

testWith(NEEDS, "a page in a browser, which has the token, can read and send nothing", async (t) => {
  await using scene = await startScene(["openai"]);
  const { box, proxy, providers, token } = scene;
  providers.answer = temptingAnswer;
  await using page = serveWebPage();
  await using open = serveOpenly();
  const resolve = { "attacker.test": `127.0.0.1:${page.port}` };
  await using browser = await startBrowser({ resolve, profileFolder: join(box.folder, "browser") });
  let attempts = 0;
  await t.step("every attempt reads something where nothing is refused", async () => {
    await browser.open(`${open.origin}/`);
    const results = await attemptAll(browser, open.origin, token);
    attempts = results.length;
    assert.deepEqual(results.filter(([, read]) => read === null), [["beacon", null]]);
  });
  let refused = 0;
  for (const origin of ["http://attacker.test", `http://localhost:${page.port}`]) {
    for (const base of [`http://127.0.0.1:${proxy.port}`, `http://localhost:${proxy.port}`]) {
      await t.step(`a page of ${new URL(origin).hostname} asks ${new URL(base).hostname}`, async () => {
        await browser.open(`${origin}/`);
        const results = await attemptAll(browser, base, token);
        assert.deepEqual(results.filter(([, read]) => read !== null), []);
        await navigate(browser, `${base}/openai/v1/models?key=${token}`, /web pages may not use this proxy/);
        // All but a worker, which only its own origin may give; and the navigation.
        refused += attempts;
        await proxy.logged(new RegExp(`(?:.* 403 .* origin_refused\\n){${refused}}`));
        assert.deepEqual(providers.received, []);
      });
    }
  }
  await t.step("the same page can read what everybody may", async () => {
    await browser.open("http://attacker.test/");
    const call = `fetch("${open.origin}/x").then((answer) => answer.text())`;
    assert.equal(await browser.evaluate(call), "stolen");
  });
  await t.step("a program is let in", async () => {
    assert.equal((await sendRaw(proxy.port, programRequest(proxy.port, token))).status, 200);
    assert.equal(providers.received.length, 1);
  });
});

testWith(NEEDS, "a page whose name was rebound to the proxy gets nothing but a refusal", async (t) => {
  await using scene = await startScene(["openai"]);
  const { box, proxy, providers, token } = scene;
  providers.answer = temptingAnswer;
  await using page = serveWebPage();
  const resolve = { "attacker.test": `127.0.0.1:${page.port}` };
  await using browser = await startBrowser({ resolve, profileFolder: join(box.folder, "browser") });
  const origin = `http://attacker.test:${proxy.port}`;
  await browser.open(`${origin}/`);
  page.rebind(proxy.port);
  await t.step("in all attempts", async () => {
    const results = await attemptAll(browser, origin, token);
    const refusal =
      /^(421 )?(\{"error":\{"message":"agentgazer: The request is addressed to a host that .*\})?$/;
    for (const [what, read] of results) {
      if (read === null) continue;
      assert.match(read, refusal, what);
      assert.ok(!read.includes(token), what);
    }
    await proxy.logged(new RegExp(`(?:.* 421 .* wrong_host\\n){${results.length}}`));
  });
  await t.step("when it goes there", () => navigate(browser, `${origin}/health`, /addressed to a host that/));
  assert.deepEqual(providers.received, []);
  await t.step("through the same name, a program is let in", async () => {
    assert.equal((await sendRaw(page.port, programRequest(proxy.port, token))).status, 200);
    assert.equal(providers.received.length, 1);
  });
});
