import fc from "fast-check";
import assert from "node:assert/strict";
import { exactUrl, mayReceive, providersAt } from "../../../lib/providers/match.ts";
import { providerById } from "../../../lib/providers/table.ts";
import { forAll } from "../../support/property.ts";

const HOSTS = [
  "api.openai.com",
  "chatgpt.com",
  "api.anthropic.com",
  "generativelanguage.googleapis.com",
  "api.mistral.ai",
  "api.cohere.com",
  "api.cohere.ai",
  "api.deepseek.com",
  "api.moonshot.cn",
  "api.moonshot.ai",
  "api.z.ai",
  "open.bigmodel.cn",
  "api.minimax.chat",
  "api.minimax.io",
  "api.minimaxi.com",
  "api.baichuan-ai.com",
  "api.lingyiwanwu.com",
];

const host = fc.constantFrom(...HOSTS);

const piece = fc.oneof(
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 3 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ..."@:/\\?#.%;-_[]*",
      ...["\t", "\r", "\n", "\0", " ", "。", "．", "ａ", "\u00ad", "\u0430"],
      ...[":443", ":444", "%2e", "%00", "%2f", "u:p@", ".evil.test", "evil.test/", "//", "a", "A", ".."],
    ),
  },
);

/** A URL of a provider with something put in somewhere. */
const spoiltUrl = fc.tuple(host, piece, fc.nat(80)).map(([name, extra, at]) => {
  const text = `https://${name}/v1/models?a=b`;
  return text.slice(0, at % (text.length + 1)) + extra + text.slice(at % (text.length + 1));
});

const anyText = fc.oneof(
  spoiltUrl,
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.string(),
);

function assertExact(text: string): void {
  const url = exactUrl(text);
  if (url === undefined) return;
  assert.equal(new URL(text).href, text);
  assert.equal(url.href, text);
  assert.deepEqual([url.protocol, url.port, url.username, url.password, url.hash], [
    "https:",
    "",
    "",
    "",
    "",
  ]);
  assert.match(text, /^https:\/\/([^@\\\s/?#:[\]]+|\[[0-9a-f:.]+\])\/[^\\\s?#]*(\?[^\s#]*)?$/);
  assert.doesNotMatch(text.split("?", 1)[0]!, /\/(\.|%2e){1,2}(\/|$)/i);
}

Deno.test("exactUrl() gives only what reads the same at every parser", () => {
  forAll(anyText, assertExact);
});

Deno.test("exactUrl() accepts plain URLs, so that the property above says something", () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,12}$/);
  forAll(host, fc.array(word, { maxLength: 5 }), word, (name, segments, query) => {
    const text = `https://${name}/${segments.join("/")}?q=${query}`;
    assert.equal(exactUrl(text)?.href, text);
  });
});

Deno.test("providersAt() gives nobody unless the text names a listed host, letter by letter", () => {
  forAll(anyText, (text) => {
    const url = exactUrl(text);
    if (url === undefined || providersAt(url).length === 0) return;
    assert.ok(HOSTS.some((name) => text.startsWith(`https://${name}/`)), text);
  });
});

type Change = [kind: "insert" | "delete" | "replace" | "swap", at: number, character: string];

const change = fc.tuple<Change>(
  fc.constantFrom("insert", "delete", "replace", "swap"),
  fc.nat(40),
  fc.stringMatching(/^[a-z0-9.-]$/),
);

function applied(name: string, [kind, at, character]: Change): string {
  const i = at % name.length;
  switch (kind) {
    case "insert":
      return name.slice(0, i) + character + name.slice(i);
    case "delete":
      return name.slice(0, i) + name.slice(i + 1);
    case "replace":
      return name.slice(0, i) + character + name.slice(i + 1);
    case "swap":
      return name.slice(0, i) + name.slice(i, i + 2).split("").reverse().join("") + name.slice(i + 2);
  }
}

Deno.test("providersAt() gives nobody at a host that differs in one letter", () => {
  forAll(host, change, (name, how) => {
    const other = applied(name, how);
    const url = exactUrl(`https://${other}/api/coding/backend-api/codex/`);
    const receivers = url === undefined ? [] : providersAt(url);
    if (!HOSTS.includes(other)) assert.deepEqual(receivers, []);
  });
});

const segment = fc.constantFrom(
  ...[
    "..",
    ".",
    "%2e%2e",
    "%2E.",
    "..;",
    "..;a",
    "%252e%252e",
    "%2e",
    "",
    ";",
    "a",
    "me",
    "%5c..",
    "..%2f..",
  ],
  ...["..%5c", "\\..", "backend-api", "codex", "api", "coding", "%63odex", "a%2fb", "%C3%A9", "%20", "%3b"],
);

/** The path as a server reads it that decodes and folds all it can. */
function mostLenient(path: string): string {
  let text = path;
  for (let i = 0; i < 5; i++) {
    text = text.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  }
  return new URL("https://host.test" + text.replaceAll("\\", "/").replace(/;[^/]*/g, "").replace(/\/+/g, "/"))
    .pathname;
}

Deno.test("mayReceive() allows no path that a lenient server would read as one outside the rule", () => {
  const rules: [id: string, start: string][] = [
    ["openai-oauth", "https://chatgpt.com/backend-api/codex/"],
    ["zhipu-coding-plan", "https://api.z.ai/api/coding/"],
  ];
  for (const [id, start] of rules) {
    const top = new URL(start).pathname;
    let allowed = 0;
    forAll(fc.array(segment, { minLength: 1, maxLength: 5 }), (segments) => {
      const url = exactUrl(start + segments.join("/"));
      if (url === undefined || !mayReceive(providerById(id)!, url)) return;
      allowed++;
      assert.ok(mostLenient(url.pathname).startsWith(top), url.href);
    });
    assert.ok(allowed > 0);
  }
});

Deno.test("providersAt() does not give the API key of a shared host what a lenient server reads as the plan's", () => {
  forAll(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
    const url = exactUrl("https://api.z.ai/" + segments.join("/"));
    if (url === undefined) return;
    const isPlan = mostLenient(url.pathname).startsWith("/api/coding/");
    if (isPlan) assert.ok(!providersAt(url).some(({ id }) => id === "zhipu"), url.href);
  });
});
