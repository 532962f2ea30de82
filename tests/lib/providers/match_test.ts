import assert from "node:assert/strict";
import { exactUrl, mayReceive, providersAt } from "../../../lib/providers/match.ts";
import { PROVIDERS } from "../../../lib/providers/table.ts";

/** Who would get a request to this URL. */
function receivers(text: string): string[] {
  const url = exactUrl(text);
  return url === undefined ? [] : providersAt(url).map(({ id }) => id);
}

const HOSTILE: [trick: string, url: string][] = [
  ["empty", ""],
  ["relative", "/v1/models"],
  ["no scheme", "//api.openai.com/"],
  ["http", "http://api.openai.com/"],
  ["ws", "ws://api.openai.com/"],
  ["wss", "wss://api.openai.com/"],
  ["ftp", "ftp://api.openai.com/"],
  ["blob", "blob:https://api.openai.com/x"],
  ["javascript", "javascript:https://api.openai.com/"],
  ["upper-case scheme", "HTTPS://api.openai.com/"],
  ["upper-case host", "https://API.OpenAI.com/"],
  ["suffix", "https://api.openai.com.evil.test/"],
  ["prefix", "https://evilapi.openai.com/"],
  ["subdomain", "https://x.api.openai.com/"],
  ["parent domain", "https://openai.com/"],
  ["sibling", "https://platform.openai.com/"],
  ["hyphen", "https://api-openai.com/"],
  ["swapped letters", "https://api.opneai.com/"],
  ["digit for letter", "https://api.0penai.com/"],
  ["underscore", "https://api_openai.com/"],
  ["userinfo", "https://api.openai.com@evil.test/"],
  ["user and password", "https://api.openai.com:x@evil.test/"],
  ["userinfo before the right host", "https://user@api.openai.com/"],
  ["password before the right host", "https://:pw@api.openai.com/"],
  ["empty userinfo", "https://@api.openai.com/"],
  ["encoded at sign", "https://api.openai.com%40evil.test/"],
  ["encoded dot, look-alike", "https://api.openai.com%2eevil.test/"],
  ["encoded dot, right host", "https://api%2eopenai.com/"],
  ["encoded letter", "https://%61pi.openai.com/"],
  ["encoded NUL", "https://api.openai.com%00.evil.test/"],
  ["encoded slash", "https://api.openai.com%2f.evil.test/"],
  ["fullwidth letters", "https://ａｐｉ.openai.com/"],
  ["fullwidth dot", "https://api．openai.com/"],
  ["ideographic dot", "https://api。openai.com/"],
  ["halfwidth ideographic dot", "https://api｡openai.com/"],
  ["soft hyphen", "https://api.open\u00adai.com/"],
  ["zero-width space", "https://api.open\u200bai.com/"],
  ["right-to-left override", "https://api.\u202eopenai.com/"],
  ["Cyrillic letter", "https://\u0430pi.openai.com/"],
  ["punycode", "https://xn--pi-7kc.openai.com/"],
  ["sharp s", "https://api.openai.com.ß.test/"],
  ["Kelvin sign", "https://api.deepsee\u212a.com/"],
  ["trailing dot", "https://api.openai.com./"],
  ["two dots", "https://api..openai.com/"],
  ["backslash after the host", "https://api.openai.com\\@evil.test/"],
  ["backslashes for slashes", "https:\\\\api.openai.com\\v1"],
  ["backslash in the path", "https://api.openai.com/v1\\models"],
  ["one slash", "https:/api.openai.com/"],
  ["no slash", "https:api.openai.com/"],
  ["three slashes", "https:///api.openai.com/"],
  ["tab in the host", "https://api.open\tai.com/"],
  ["line feed in the host", "https://api.openai.com\n.evil.test/"],
  ["carriage return in the path", "https://api.openai.com/\rv1"],
  ["line break behind", "https://api.openai.com/\r\n"],
  ["NUL in the host", "https://api.openai.com\0.evil.test/"],
  ["NUL in the path", "https://api.openai.com/\0"],
  ["DEL in the host", "https://api.openai\x7f.com/"],
  ["space before", " https://api.openai.com/"],
  ["space behind", "https://api.openai.com/ "],
  ["port 444", "https://api.openai.com:444/"],
  ["port 80", "https://api.openai.com:80/"],
  ["port 443, spelt out", "https://api.openai.com:443/"],
  ["port 0443", "https://api.openai.com:0443/"],
  ["empty port", "https://api.openai.com:/"],
  ["no path", "https://api.openai.com"],
  ["query without a path", "https://api.openai.com?x=https://evil.test"],
  ["fragment", "https://api.openai.com/#@evil.test/"],
  ["empty fragment", "https://api.openai.com/v1#"],
  ["dot segment", "https://api.openai.com/v1/./models"],
  ["double dot segment", "https://api.openai.com/v1/../models"],
  ["encoded dot segment", "https://api.openai.com/v1/%2e%2e/models"],
  ["half-encoded dot segment", "https://api.openai.com/v1/.%2E/models"],
  ["quote in the path", 'https://api.openai.com/"'],
  ["letter outside ASCII in the path", "https://api.openai.com/é"],
  ["lone surrogate", "https://api.openai.com/\ud800"],
  ["loopback", "https://127.0.0.1/"],
  ["IPv6 loopback", "https://[::1]/"],
  ["IPv4 in IPv6", "https://[::ffff:127.0.0.1]/"],
  ["decimal address", "https://2130706433/"],
  ["hexadecimal address", "https://0x7f000001/"],
  ["octal address", "https://0177.0.0.1/"],
  ["link-local address", "https://169.254.169.254/"],
  ["localhost", "https://localhost/"],
  ["host of 300 letters", `https://${"a".repeat(300)}/`],
  ["300 letters before the right host", `https://${"a.".repeat(150)}api.openai.com/`],
  ["300 letters behind the right host", `https://api.openai.com.${"a".repeat(300)}/`],
];

Deno.test("providersAt() gives nobody at a URL that is not exactly a provider's", async (t) => {
  for (const [trick, url] of HOSTILE) {
    await t.step(trick, () => assert.deepEqual(receivers(url), []));
  }
});

Deno.test("mayReceive() itself refuses another scheme, a port and userinfo, however the URL was parsed", () => {
  for (
    const url of ["http://api.openai.com/", "https://api.openai.com:444/", "https://u:p@api.openai.com/"]
  ) {
    for (const row of PROVIDERS) assert.equal(mayReceive(row, new URL(url)), false, url);
  }
});

Deno.test("exactUrl() accepts what needs no folding, and keeps it", async (t) => {
  const rows = [
    "https://api.openai.com/",
    "https://api.openai.com/v1/chat/completions?a=1&b=%20",
    "https://api.openai.com/v1//models",
    "https://api.openai.com/v1/%2f%5c%zz",
    "https://api.openai.com/v1/..;/x",
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent?alt=sse",
    "https://unknown.test/?",
  ];
  for (const text of rows) await t.step(text, () => assert.equal(exactUrl(text)?.href, text));
});

const PAIRS = [["zhipu", "zhipu-coding-plan"], ["minimax", "minimax-oauth"]];

Deno.test("mayReceive() gives a credential to no other provider's host, but for the two pairs", async (t) => {
  for (const row of PROVIDERS) {
    const others = PROVIDERS.filter(({ id }) =>
      id !== row.id && !PAIRS.some((pair) => pair.includes(id) && pair.includes(row.id))
    );
    await t.step(`${row.id} against ${others.length} others`, () => {
      for (const other of others) {
        for (const host of other.hosts) {
          const paths = ["/", "/v1/models", ...row.paths ?? [], ...other.paths ?? [], ...row.ownPaths ?? []];
          for (const path of paths) {
            assert.equal(mayReceive(row, new URL(`https://${host}${path}`)), false, `${host}${path}`);
          }
        }
      }
    });
  }
});

Deno.test("providersAt() gives each host's own providers", async (t) => {
  const rows: [url: string, ids: string[]][] = [
    ["https://api.openai.com/v1/models", ["openai"]],
    ["https://chatgpt.com/backend-api/codex/responses", ["openai-oauth"]],
    ["https://chatgpt.com/", []],
    ["https://api.cohere.ai/v2/chat", ["cohere"]],
    ["https://api.moonshot.ai/v1/models", ["moonshot"]],
    ["https://api.z.ai/api/paas/v4/models", ["zhipu"]],
    ["https://api.z.ai/api/anthropic/v1/messages", ["zhipu", "zhipu-coding-plan"]],
    ["https://open.bigmodel.cn/api/coding/paas/v4", ["zhipu-coding-plan"]],
    ["https://api.minimax.chat/v1/models", ["minimax"]],
    ["https://api.minimax.io/v1/models", ["minimax", "minimax-oauth"]],
    ["https://api.minimaxi.com/anthropic/v1", ["minimax", "minimax-oauth"]],
  ];
  for (const [url, ids] of rows) await t.step(url, () => assert.deepEqual(receivers(url), ids));
});
