import fc from "fast-check";
import assert from "node:assert/strict";
import { admit, ownAuthorities, parseTarget } from "../../../lib/proxy/admit.ts";
import { Refusal } from "../../../lib/proxy/refusal.ts";
import { forAll } from "../../support/property.ts";

const OWN = ownAuthorities(18900, ["box.lan", "proxy.test:8080"]);

/** The code of the refusal, or the path and the query that were let in. */
function outcome(url: string, headers: Record<string, string>): string {
  try {
    const { path, query } = admit({ url, headers: new Headers(headers) } as Request, OWN);
    return `${path} ${query}`;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const HOSTS: [host: string, allowed: boolean][] = [
  ["127.0.0.1:18900", true],
  ["localhost:18900", true],
  ["LocalHost:18900", true],
  ["[::1]:18900", true],
  ["box.lan:18900", true],
  ["proxy.test:8080", true],
  ["127.0.0.1", false],
  ["localhost", false],
  ["127.0.0.1:80", false],
  ["127.0.0.1:18901", false],
  ["127.0.0.1:018900", false],
  ["127.0.0.1:189000", false],
  ["127.0.0.2:18900", false],
  ["127.1:18900", false],
  ["0.0.0.0:18900", false],
  ["0:18900", false],
  ["2130706433:18900", false],
  ["[::]:18900", false],
  ["[::ffff:127.0.0.1]:18900", false],
  ["[0:0:0:0:0:0:0:1]:18900", false],
  ["::1:18900", false],
  ["localhost.:18900", false],
  ["localhost:18900.", false],
  ["localhost:18900.evil.test", false],
  ["localhost:18900@evil.test", false],
  ["evil.test", false],
  ["evil.test:18900", false],
  ["api.openai.com", false],
  ["localhost.evil.test:18900", false],
  ["evil-localhost:18900", false],
  ["user@localhost:18900", false],
  ["@localhost:18900", false],
  ["localhost:18900/health?x=", false],
  ["localhost:18900#", false],
  ["localhost:18900?", false],
  ["localhost:18900/", false],
  ["a\\health?", false],
  ["localhost:18900, localhost:18900", false],
  ["localhost:18900,evil.test", false],
  ["localhost :18900", false],
  ["box.lan", false],
  ["box.lan:8080", false],
  ["proxy.test", false],
  ["proxy.test:18900", false],
  ["xn--localhost:18900", false],
  ["%6cocalhost:18900", false],
];

Deno.test("admit() takes a Host header only when it is one of our own, letter by letter", async (t) => {
  for (const [host, allowed] of HOSTS) {
    await t.step(`${host} ${allowed ? "is ours" : "is not"}`, () => {
      assert.equal(outcome(`http://${host}/v1?q`, { host }), allowed ? "/v1 q" : "wrong_host");
    });
  }
});

Deno.test("admit() refuses a request without a Host header as malformed", () => {
  assert.equal(outcome("http://127.0.0.1:18900/", {}), "malformed_request");
  assert.equal(outcome("http://127.0.0.1:18900/", { host: "" }), "malformed_request");
});

Deno.test("admit() refuses a target whose authority is not the Host header's", async (t) => {
  const host = "localhost:18900";
  const urls = [
    "http://evil.test/",
    "http://127.0.0.1:18900/",
    "http://[::1]:18900/",
    "https://localhost:18900/",
    "HTTP://localhost:18900/",
    "http://LOCALHOST:18900/",
    "http://localhost:18900",
    "http://localhost:18900?x",
    "http://localhost:18900\\x",
    "http://localhost:18900@evil.test/",
    "http://user@localhost:18900/",
    "http://localhost:18900.evil.test/",
    "http://localhost:189000/",
    "http:/localhost:18900/",
    "http:localhost:18900/",
    "//localhost:18900/",
    "/",
    "*",
    "localhost:18900",
    "",
  ];
  for (const url of urls) {
    await t.step(JSON.stringify(url), () => assert.equal(outcome(url, { host }), "wrong_host"));
  }
});

const FROM_PAGES: [headers: Record<string, string>, refused: boolean][] = [
  [{ origin: "https://evil.test" }, true],
  [{ origin: "null" }, true],
  [{ origin: "" }, true],
  [{ origin: "http://127.0.0.1:18900" }, true],
  [{ origin: "http://localhost:18900" }, true],
  [{ origin: "http://localhost:1.evil" }, true],
  [{ origin: "http://localhost:80@evil" }, true],
  [{ origin: "chrome-extension://x" }, true],
  [{ "sec-fetch-site": "cross-site" }, true],
  [{ "sec-fetch-site": "same-site" }, true],
  [{ "sec-fetch-site": "same-origin" }, true],
  [{ "sec-fetch-site": "" }, true],
  [{ "sec-fetch-site": "None" }, true],
  [{ "sec-fetch-site": "none, cross-site" }, true],
  [{ "sec-fetch-site": "none", origin: "null" }, true],
  [{ "sec-fetch-site": "none" }, false],
  [{ "sec-fetch-mode": "cors" }, false],
  [{ referer: "https://evil.test/" }, false],
];

Deno.test("admit() refuses what a web page sends, and not what Node's fetch does", async (t) => {
  for (const [headers, refused] of FROM_PAGES) {
    await t.step(JSON.stringify(headers), () => {
      const got = outcome("http://localhost:18900/x", { ...headers, host: "localhost:18900" });
      assert.equal(got, refused ? "origin_refused" : "/x ");
    });
  }
});

const TARGETS: [target: string, path: string | undefined, query?: string][] = [
  ["/", "/", ""],
  ["/?", "/", ""],
  ["/a?b?c", "/a", "b?c"],
  ["/a//b/%2F%5c;x", "/a//b/%2F%5c;x", ""],
  ["/a/..b/c..", "/a/..b/c..", ""],
  ["/a/...", "/a/...", ""],
  ["/a?x=/../", "/a", "x=/../"],
  ["/v1beta/models/gemini:generateContent?alt=sse", "/v1beta/models/gemini:generateContent", "alt=sse"],
  ["/..", undefined],
  ["/.", undefined],
  ["/../", undefined],
  ["/a/./b", undefined],
  ["/a/../b", undefined],
  ["/a/..", undefined],
  ["/a/../?x", undefined],
  ["/a/%2e%2e/b", undefined],
  ["/a/%2E%2e", undefined],
  ["/a/.%2e/b", undefined],
  ["/a/%2e./b", undefined],
  ["/a/%2e/b", undefined],
  ["/a/%2E", undefined],
  ["/a\\b", undefined],
  ["/a?b\\c", undefined],
  ["/a#b", undefined],
  ["/a?b#c", undefined],
  ["/a b", undefined],
  ["/a\tb", undefined],
  ["/a\nb", undefined],
  ["/a\rb", undefined],
  ["/a\0b", undefined],
  ["/a\x7fb", undefined],
  ["/é", undefined],
  ["/a?\u200b", undefined],
  ["/" + "a".repeat(16_384), undefined],
  ["/?" + "a".repeat(16_384), undefined],
];

Deno.test("parseTarget() splits a target without changing it, and refuses what could be read in two ways", async (t) => {
  for (const [target, path, query] of TARGETS) {
    await t.step(JSON.stringify(target.slice(0, 60)), () => {
      if (path !== undefined) return assert.deepEqual(parseTarget(target), { path, query });
      assert.throws(() => parseTarget(target), { code: "malformed_request" });
    });
  }
  await t.step("16384 characters are the most", () => {
    assert.equal(parseTarget("/" + "a".repeat(16_383)).path.length, 16_384);
  });
});

Deno.test("parseTarget() lets no path in that a URL parser would change", () => {
  const segment = fc.constantFrom(
    "a",
    "..",
    ".",
    "%2e",
    "%2E%2e",
    "..;",
    "",
    "\\",
    "#",
    "%2f",
    "é",
    "\t",
    "...",
  );
  forAll(fc.array(segment, { maxLength: 6 }), (segments) => {
    const target = "/" + segments.join("/");
    let path: string;
    try {
      path = parseTarget(target).path;
    } catch (error) {
      return assert.ok(error instanceof Refusal);
    }
    assert.equal(path, target);
    assert.equal(new URL("http://host.test" + path).pathname, path);
  });
});

Deno.test("ownAuthorities() adds our port to names without one, and drops a port that clients leave out", async (t) => {
  const loopback = (port: string) => [`127.0.0.1${port}`, `localhost${port}`, `[::1]${port}`];
  const rows: [port: number, names: string[], want: string[]][] = [
    [18900, [], loopback(":18900")],
    [80, [], [...loopback(":80"), ...loopback("")]],
    [443, [], [...loopback(":443"), ...loopback("")]],
    [8080, [], loopback(":8080")],
    [18900, ["a.test"], [...loopback(":18900"), "a.test:18900"]],
    [18900, ["a.test:443"], [...loopback(":18900"), "a.test:443", "a.test"]],
    [18900, ["a.test:1443"], [...loopback(":18900"), "a.test:1443"]],
    [18900, ["[fe80::1]"], [...loopback(":18900"), "[fe80::1]:18900"]],
    [18900, ["[fe80::1]:81"], [...loopback(":18900"), "[fe80::1]:81"]],
  ];
  for (const [port, names, want] of rows) {
    await t.step(
      `${port} ${names}`,
      () => assert.deepEqual([...ownAuthorities(port, names)].sort(), want.sort()),
    );
  }
});
