import fc from "fast-check";
import assert from "node:assert/strict";
import { presentedTokens, withoutCarriers, withoutKeys } from "../../../lib/proxy/carriers.ts";
import { forAll } from "../../support/property.ts";

const TOKEN = "agz_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA";

const PRESENTED: [headers: Record<string, string>, query: string, tokens: string[]][] = [
  [{}, "", []],
  [{ authorization: "Bearer one" }, "", ["one"]],
  [{ authorization: "bearer one" }, "", ["one"]],
  [{ authorization: "BEARER   one" }, "", ["one"]],
  [{ "x-api-key": "one" }, "", ["one"]],
  [{ "x-goog-api-key": "one" }, "", ["one"]],
  [{ "api-key": "one" }, "", ["one"]],
  [{}, "key=one", ["one"]],
  [{}, "alt=sse&key=one&x=y", ["one"]],
  [{}, "key=one&key=two", ["one", "two"]],
  [{}, "key=", [""]],
  [{ authorization: "Bearer one", "x-api-key": "one" }, "key=one", ["one"]],
  [{ authorization: "Bearer one", "x-api-key": "two" }, "key=three", ["one", "two", "three"]],
  [{ "x-api-key": "one, two" }, "", ["one, two"]],
  [{ authorization: "one" }, "", []],
  [{ authorization: "Bearer" }, "", []],
  [{ authorization: "Bearer " }, "", []],
  [{ authorization: "Bearer\tone" }, "", []],
  [{ authorization: "Bearer one two" }, "", []],
  [{ authorization: "Bearer one, Bearer two" }, "", []],
  [{ authorization: "Basic b25lOg==" }, "", []],
  [{ authorization: "Negotiate Bearer one" }, "", []],
  [{ "proxy-authorization": "Bearer one" }, "", []],
  [{ cookie: "key=one" }, "", []],
  [{ "xi-api-key": "one" }, "", []],
  [{ "x-auth-token": "one" }, "", []],
  [{}, "KEY=one", []],
  [{}, "%6bey=one", []],
  [{}, "api_key=one&access_token=two", []],
  [{}, "xkey=one", []],
  [{}, "x=key=one", []],
  [{}, "x;key=one", []],
  [{}, "key", []],
];

Deno.test("presentedTokens() looks where stock SDKs put the API key, and nowhere else", async (t) => {
  for (const [headers, query, tokens] of PRESENTED) {
    await t.step(`${JSON.stringify(headers)} ?${query}`, () => {
      assert.deepEqual(presentedTokens(new Headers(headers), query), tokens);
    });
  }
});

const DROPPED: [name: string, value: string][] = [
  ["authorization", "Bearer sk-other"],
  ["Authorization", "Basic c2stb3RoZXI6"],
  ["proxy-authorization", "Basic c2stb3RoZXI6"],
  ["proxy-authenticate", "Basic"],
  ["x-api-key", "sk-other"],
  ["X-Goog-Api-Key", "sk-other"],
  ["api-key", "sk-other"],
  ["xi-api-key", "sk-other"],
  ["x-auth-token", "sk-other"],
  ["x-access-token", "sk-other"],
  ["cookie", "session=sk-other"],
  ["chatgpt-account-id", "somebody"],
  ["x-openai-fedramp", "true"],
  ["connection", "close"],
  ["keep-alive", "timeout=5"],
  ["proxy-connection", "keep-alive"],
  ["te", "trailers"],
  ["trailer", "x-sum"],
  ["transfer-encoding", "chunked"],
  ["upgrade", "websocket"],
  ["http2-settings", "AAMAAABkAAQ"],
  ["expect", "100-continue"],
  ["host", "127.0.0.1:18900"],
  ["content-length", "12"],
  ["accept-encoding", "gzip, br"],
  ["forwarded", "for=1.2.3.4;host=evil.test"],
  ["via", "1.1 evil.test"],
  ["x-real-ip", "1.2.3.4"],
  ["x-forwarded-host", "evil.test"],
  ["x-forwarded-for", "1.2.3.4"],
  ["x-forwarded-proto", "http"],
  ["X-Forwarded-Anything", "x"],
  ["x-original-url", "/v1/organization"],
  ["x-rewrite-url", "/v1/organization"],
  ["x-target-url", "https://evil.test/"],
  ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ["sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-other"],
  ["referer", `http://127.0.0.1:18900/openai/v1/models?key=${TOKEN}`],
  ["x-trace", `before ${TOKEN} behind`],
  ["traceparent", TOKEN],
];

Deno.test("withoutCarriers() drops every credential carrier, and what steers servers on the way", async (t) => {
  for (const [name, value] of DROPPED) {
    await t.step(`${name}: ${value}`, () => {
      assert.deepEqual([...withoutCarriers(new Headers({ [name]: value }), TOKEN)], []);
    });
  }
});

Deno.test("withoutCarriers() drops the headers that Connection names, however it spells them", async (t) => {
  for (const connection of ["X-Secret", "keep-alive, x-secret", " close ,X-SECRET ", "x-secret,,"]) {
    await t.step(connection, () => {
      const headers = new Headers({ connection, "x-secret": "a", "x-secret-2": "b" });
      assert.deepEqual([...withoutCarriers(headers, TOKEN)], [["x-secret-2", "b"]]);
    });
  }
});

Deno.test("withoutCarriers() keeps what is between the client and the provider, and the request as it was", () => {
  const kept: [string, string][] = [
    ["accept", "text/event-stream"],
    ["anthropic-beta", "a, b"],
    ["anthropic-version", "2023-06-01"],
    ["content-encoding", "gzip"],
    ["content-type", "application/json"],
    ["idempotency-key", "agz_"],
    ["openai-beta", "responses=v1"],
    ["openai-organization", "org-x"],
    ["user-agent", "OpenAI/JS 7.57.0"],
    ["x-stainless-lang", "js"],
  ];
  const headers = new Headers([...kept, ["x-api-key", TOKEN]]);
  assert.deepEqual([...withoutCarriers(headers, TOKEN)], kept);
  assert.equal(headers.get("x-api-key"), TOKEN);
});

Deno.test("withoutCarriers() lets the token through in no header, whatever surrounds it", () => {
  const name = fc.stringMatching(/^[a-z][a-z-]{0,20}$/);
  const text = fc.stringMatching(/^[!-~]{0,10}$/);
  forAll(fc.array(fc.tuple(name, text, fc.boolean(), text), { maxLength: 8 }), (rows) => {
    const headers = new Headers();
    for (const [key, before, hasToken, behind] of rows) {
      headers.append(key, before + (hasToken ? TOKEN : "") + behind);
    }
    for (const [, value] of withoutCarriers(headers, TOKEN)) assert.ok(!value.includes(TOKEN));
  });
});

Deno.test("withoutCarriers() finds the token where it is encoded, once, twice, or in part more often", () => {
  const once = [...TOKEN].map((char) => "%" + char.charCodeAt(0).toString(16)).join("");
  for (
    const value of [once, once.replaceAll("%", "%25"), `see ?key=${once}&a`, `%0${TOKEN}`, ...mixed(once)]
  ) {
    assert.deepEqual([...withoutCarriers(new Headers({ "x-note": value }), TOKEN)], []);
  }
});

/** Characters that are encoded so that one decoding makes another, of digits from two of them. */
function mixed(once: string): string[] {
  const [first, ...others] = once.split("%").slice(1);
  const deeper = `%2525${first}%${others.join("%25")}`;
  return [`%2${deeper}`, deeper.replace(/%25(.)(.)$/, "%25$1%3$2"), `%2%25${deeper}`];
}

const QUERIES: [query: string, left: string][] = [
  ["", ""],
  ["alt=sse", "alt=sse"],
  [`key=${TOKEN}`, ""],
  [`alt=sse&key=${TOKEN}`, "alt=sse"],
  [`key=${TOKEN}&alt=sse`, "alt=sse"],
  ["key=sk-other&key=sk-another&a=b", "a=b"],
  ["KEY=sk-other", ""],
  ["Key", ""],
  ["%6bey=sk-other", ""],
  ["%4B%65%79=sk-other", ""],
  ["api_key=sk-other", ""],
  ["api%5Fkey=sk-other", ""],
  ["access_token=sk-other", ""],
  ["Access_Token=sk-other", ""],
  [`x=${TOKEN}`, ""],
  [`x=before${TOKEN}behind&y=z`, "y=z"],
  [`${TOKEN}`, ""],
  [`${TOKEN}=x`, ""],
  ["monkey=1&keys=2&key_id=3&api_keys=4", "monkey=1&keys=2&key_id=3&api_keys=4"],
  ["b=2&a=1&b=3&&=&c", "b=2&a=1&b=3&&=&c"],
  ["a=%zz&%zz=b", "a=%zz&%zz=b"],
  ["a=%20+%2B&b='x'", "a=%20+%2B&b='x'"],
  ["filter=key=1", "filter=key=1"],
];

Deno.test("withoutKeys() takes the credentials out of a query and leaves the rest as it was spelt", async (t) => {
  for (const [query, left] of QUERIES) {
    await t.step(query, () => assert.equal(withoutKeys(query, TOKEN), left));
  }
});
