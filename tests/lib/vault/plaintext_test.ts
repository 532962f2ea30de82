import assert from "node:assert/strict";
import { parseConfig, withoutMember } from "../../../lib/vault/config.ts";
import { findPlaintext } from "../../../lib/vault/plaintext.ts";

/** `null` is a value that is no text. */
const CASES: [text: string, found: readonly [id: string, key: string | null][]][] = [
  ['{"providers":{"openai":{"apiKey":"k"}}}', [["openai", "k"]]],
  ['{"providers":{"openai":"k"}}', [["openai", "k"]]],
  ['{"providers":{"b":"1","a":{"apiKey":"2"},"10":"3","2":"4"}}', [
    ["b", "1"],
    ["a", "2"],
    ["10", "3"],
    ["2", "4"],
  ]],
  ['{"providers":{"openai":{"apiKey":"k\\u0041\\n"}}}', [["openai", "kA\n"]]],
  ['{"\\u0070roviders":{"open\\u0061i":{"api\\u004bey":"k"}}}', [["openai", "k"]]],
  ['\ufeff{"providers":{"openai":"k"}}'.slice(1), [["openai", "k"]]],
  // Repeated members, of which most parsers show only the last.
  ['{"providers":{"openai":{"apiKey":"1","apiKey":"2"}}}', [["openai", "1"], ["openai", "2"]]],
  ['{"providers":{"openai":"1","openai":{"apiKey":"2"},"openai":"3"}}', [
    ["openai", "1"],
    ["openai", "2"],
    ["openai", "3"],
  ]],
  ['{"providers":{"openai":"1"},"x":0,"providers":{"openai":"2"}}', [["openai", "1"], ["openai", "2"]]],
  ['{"providers":5,"providers":{"openai":"2"}}', [["openai", "2"]]],
  // What is no text.
  ['{"providers":{"openai":{"apiKey":5}}}', [["openai", null]]],
  ['{"providers":{"openai":{"apiKey":["k"]}}}', [["openai", null]]],
  ['{"providers":{"openai":{"apiKey":{"apiKey":"k"}}}}', [["openai", null]]],
  ['{"providers":{"openai":{"apiKey":true}}}', [["openai", null]]],
  ['{"providers":{"openai":7,"google":["k"],"yi":true}}', [["openai", null], ["google", null], [
    "yi",
    null,
  ]]],
  ['{"providers":{"openai":0,"yi":" "}}', [["openai", null], ["yi", " "]]],
  // Ids are what they are.
  ['{"providers":{"nobody":"k","__proto__":"p","constructor":{"apiKey":"c"},"":"e"}}', [
    ["nobody", "k"],
    ["__proto__", "p"],
    ["constructor", "c"],
    ["", "e"],
  ]],
  // No keys.
  ["{}", []],
  ['{"providers":{}}', []],
  ['{"providers":null}', []],
  ['{"providers":"k"}', []],
  ['{"providers":["k",{"apiKey":"k"}]}', []],
  ['{"providers":{"openai":{}}}', []],
  ['{"providers":{"openai":{"apiKey":null},"google":{"apiKey":""},"yi":{"apiKey":false}}}', []],
  ['{"providers":{"openai":null,"google":"","yi":false}}', []],
  ['{"providers":{"openai":{"apikey":"k","APIKEY":"k","api_key":"k","key":"k","region":"r"}}}', []],
  ['{"providers":{"openai":{"options":{"apiKey":"k"}}}}', []],
  ['{"Providers":{"openai":"k"},"apiKey":"k","openai":{"apiKey":"k"}}', []],
  ['{"x":{"providers":{"openai":"k"}}}', []],
];

Deno.test("findPlaintext() finds every key in the clear, and only where keys were kept", async (t) => {
  for (const [text, found] of CASES) {
    await t.step(text, () => {
      const all = findPlaintext(parseConfig(text, "x"));
      assert.deepEqual(all.map(({ id, key }) => [id, key ?? null]), found);
    });
  }
});

Deno.test("findPlaintext() names the member that holds the key, and nothing around it", async (t) => {
  const rows: [text: string, without: string][] = [
    ['{"providers":{"openai":{"apiKey":"k","region":"r"}}}', '{"providers":{"openai":{"region":"r"}}}'],
    ['{"providers":{"openai":"k","yi":{}}}', '{"providers":{"yi":{}}}'],
    ['{"providers":{"openai":"k"},"a":1}', '{"providers":{},"a":1}'],
    ['{"providers":{"openai":{"apiKey":"k"}}}', '{"providers":{"openai":{}}}'],
  ];
  for (const [text, without] of rows) {
    await t.step(text, () => {
      const config = parseConfig(text, "x");
      assert.equal(withoutMember(config, findPlaintext(config)[0]!.property), without);
    });
  }
});
