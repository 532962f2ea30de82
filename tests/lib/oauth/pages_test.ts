import assert from "node:assert/strict";
import { pageResponse } from "../../../lib/oauth/pages.ts";

const PAGE = { status: 421, title: "Title", text: "Text" };

const HEADERS: [name: string, value: RegExp][] = [
  ["content-type", /^text\/html; charset=utf-8$/],
  ["cache-control", /^no-store$/],
  ["referrer-policy", /^no-referrer$/],
  ["content-security-policy", /^default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'$/],
  ["x-content-type-options", /^nosniff$/],
  ["connection", /^close$/],
];

Deno.test("a page is kept nowhere, tells nobody its address, and runs nothing", async (t) => {
  const { status, headers } = pageResponse(PAGE);
  assert.equal(status, 421);
  for (const [name, value] of HEADERS) {
    await t.step(name, () => assert.match(headers.get(name) ?? "", value));
  }
  await t.step("nothing else", () => {
    assert.deepEqual([...headers.keys()].sort(), HEADERS.map(([name]) => name).sort());
  });
});

Deno.test("a page loads nothing and leads nowhere", async () => {
  const html = await pageResponse(PAGE).text();
  assert.match(html, /<h1[^>]*>Title<\/h1><p>Text<\/p>/);
  assert.doesNotMatch(html, /<script|<link|<img|<a |<form|<iframe|href|src=|https?:/i);
});

const HOSTILE = [
  "<script>alert(1)</script>",
  "</p></body><img src=x onerror=alert(1)>",
  "<!-- ",
  "' onload='x",
  '" onload="x',
  "&lt;b&gt;",
  "&#60;script&#62;",
  "]]><svg onload=x>",
  "<\0script>",
  "$& $` $' $1 $<a>",
];

Deno.test("whatever a page says is text", async (t) => {
  const tags = (html: string) => html.match(/<[^>]*>/g);
  const usual = tags(await pageResponse(PAGE).text());
  for (const text of HOSTILE) {
    await t.step(text, async () => {
      const html = await pageResponse({ status: 400, title: text, text }).text();
      assert.deepEqual(tags(html), usual);
      const shown = /<p>(.*)<\/p>/s.exec(html)![1]!;
      assert.doesNotMatch(shown, /[<>"']/);
      assert.equal(shown.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))), text);
    });
  }
});
