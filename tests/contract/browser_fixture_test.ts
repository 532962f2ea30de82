import assert from "node:assert/strict";
import { type Browser, startBrowser } from "../support/browser.ts";
import { makeCertificates } from "../support/certificates.ts";
import { testWith } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const HOST = "pages.example.com";

const PAGES: Readonly<Record<string, string>> = {
  "/": `<h1>The first page</h1><button onclick="location.href = '/second'">Go on</button>`,
  "/second": `<p>The second page</p><script>
    fetch("/later").then((response) => response.text()).then((text) => document.body.append(text));
  </script>`,
  "/covered": `<button onclick="document.body.textContent = 'clicked'">Below</button>
    <div id="cover" style="position: fixed; inset: 0"></div>`,
  "/leaves": `<script>location.replace("/second")</script>`,
};

/** A page server with a certificate, and a browser that finds it under `HOST`. */
async function withPages(test: (browser: Browser, later: () => void) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  const { certificate: cert, key } = await makeCertificates(folder.path, [HOST]);
  const later = Promise.withResolvers<void>();
  const options = { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} };
  await using server = Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/moved") return Response.redirect(new URL("/second", request.url), 302);
    if (pathname === "/later") {
      await later.promise;
      return new Response("what came later");
    }
    const headers = { "content-type": "text/html", "content-security-policy": "img-src 'none'" };
    return new Response(PAGES[pathname] ?? "", { headers, status: pathname in PAGES ? 200 : 404 });
  });
  await using browser = await startBrowser({
    resolve: { [HOST]: `127.0.0.1:${server.addr.port}` },
    profileFolder: folder.at("browser"),
    limit: 20_000,
  });
  try {
    await test(browser, later.resolve);
  } finally {
    later.resolve();
  }
}

function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

testWith(["chromium", "openssl"], "a browser opens a page over TLS, clicks and reads", async () => {
  await withPages(async (browser, later) => {
    await browser.open(`https://${HOST}/`);
    assert.equal(await browser.text(), "The first page\nGo on");
    assert.match(await browser.html(), /<h1>The first page<\/h1>/);
    await browser.click("button");
    await browser.waitForText(/The second page/);
    assert.equal(await browser.url(), `https://${HOST}/second`);
    assert.doesNotMatch(await browser.text(), /later/);
    later();
    assert.equal((await browser.waitForText(/what came (\w+)/))[1], "later");
    assert.deepEqual(await browser.evaluate("Promise.resolve({ title: document.title })"), { title: "" });
    await assert.rejects(browser.evaluate("nothing.there"), /ReferenceError: nothing is not defined/);
  });
});

testWith(["chromium", "openssl"], "a redirect, by the server or by the page, is followed", async () => {
  await withPages(async (browser) => {
    for (const path of ["/moved", "/leaves"]) {
      await browser.open(`https://${HOST}${path}`);
      await browser.waitForText(/The second page/);
      await browser.waitForUrl(/\/second$/);
    }
  });
});

testWith(["chromium", "openssl"], "a click waits until nothing lies over the element", async () => {
  await withPages(async (browser) => {
    await browser.open(`https://${HOST}/covered`);
    const clicked = browser.click("button");
    assert.match(await browser.text(), /Below/);
    await browser.evaluate("document.querySelector('#cover').remove()");
    await clicked;
    await browser.waitForText(/^clicked$/);
  });
});

testWith(["chromium", "openssl"], "an address where nobody listens, and a name that nobody has", async () => {
  await withPages(async (browser) => {
    const closed = closedPort();
    await browser.open(`https://${HOST}/`);
    await browser.evaluate(`location.href = "http://localhost:${closed}/auth/callback?code=x"`);
    assert.equal((await browser.waitForUrl(/code=(\w)/))[1], "x");
    await assert.rejects(browser.open(`http://127.0.0.1:${closed}/`), /opened: net::ERR_CONNECTION_REFUSED/);
    await assert.rejects(browser.open("https://example.com/"), /opened: net::ERR_NAME_NOT_RESOLVED/);
  });
});

testWith(
  ["chromium"],
  "a wait that nothing fulfils says what it saw, and all ends with the browser",
  async () => {
    using folder = temporaryFolder();
    const browser = await startBrowser({ resolve: {}, profileFolder: folder.at("browser") });
    await browser.open("data:text/html,<p>something");
    const shown = { message: '/other/ on the page did not come within 50 ms: there is "something"' };
    await assert.rejects(browser.waitForText(/other/, 50), shown);
    await browser[Symbol.asyncDispose]();
    assert.throws(() => Deno.kill(browser.pid, "SIGCONT"), Deno.errors.NotFound);
    await assert.rejects(browser.text(), /the browser has ended/);
  },
);
