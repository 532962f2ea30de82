import assert from "node:assert/strict";
import fc from "fast-check";
import { members, parseConfig, withoutMember, withValue } from "../../../lib/vault/config.ts";
import { forAll } from "../../support/property.ts";

const CUTS: [from: string, name: string, to: string][] = [
  ['{"a":1}', "a", "{}"],
  ['{ "a" : 1 }', "a", "{  }"],
  ['{"a":1,"b":2}', "a", '{"b":2}'],
  ['{"a":1,"b":2}', "b", '{"a":1}'],
  ['{"a":1,"b":2,"c":3}', "b", '{"a":1,"c":3}'],
  ['{\r\n  "a": 1.0,\r\n  "b": 1e400\r\n}\r\n', "b", '{\r\n  "a": 1.0\r\n}\r\n'],
  ['{\n\t"a": {"x": [1, {}]},\n\t"b": 2\n}', "a", '{\n\t"b": 2\n}'],
  ['{"a,b":"}","a":"{,","c":","}', "a", '{"a,b":"}","c":","}'],
  ['{"é":"😀","a":1,"😀":"é"}', "a", '{"é":"😀","😀":"é"}'],
];

Deno.test("withoutMember() takes one member out and leaves the rest to the byte", async (t) => {
  for (const [from, name, to] of CUTS) {
    await t.step(`${from} without ${name}`, () => {
      const config = parseConfig(from, "x");
      assert.equal(withoutMember(config, members(config.root, name)[0]!.property), to);
    });
  }
});

Deno.test("withoutMember() gives what an object without that member is", () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const indents = fc.constantFrom("", "  ", "\t");
  const pairs = fc.uniqueArray(fc.tuple(fc.string(), json), { minLength: 1, selector: ([name]) => name });
  forAll(pairs, indents, fc.nat(), (list: readonly [string, fc.JsonValue][], indent: string, nth: number) => {
    const parts = list.map(([name, value]) =>
      `${JSON.stringify(name)}: ${JSON.stringify(value, null, indent)}`
    );
    const config = parseConfig(`{\n${parts.join(",\n")}\n}\n`, "x");
    const at = nth % list.length;
    const text = withoutMember(config, members(config.root)[at]!.property);
    const rest = parts.toSpliced(at, 1);
    assert.deepEqual(JSON.parse(text), JSON.parse(`{${rest.join(",")}}`));
    for (const part of rest) assert.ok(text.includes(part));
  });
});

const VALUES: [from: string, path: readonly string[], value: unknown, to: string][] = [
  ["{}\n", ["a"], 1, '{"a":1}'],
  ['{"a":1.0}', ["b"], "x", '{"a":1.0,"b":"x"}'],
  ['{"a":1e400,"b":{"c":1}}', ["b", "d"], "x", '{"a":1e400,"b":{"c":1,"d":"x"}}'],
  ['{"a":1,"b":2}', ["a"], "x", '{"a":"x","b":2}'],
  ["{}", ["a", "b", "c"], "x", '{"a":{"b":{"c":"x"}}}'],
  ['{"10":0,"2":0}', ["1"], 0, '{"10":0,"2":0,"1":0}'],
];

Deno.test("withValue() sets one value and keeps order and spelling of the rest", async (t) => {
  for (const [from, path, value, to] of VALUES) {
    await t.step(`${from.trim()} with ${path.join(".")}`, () => {
      const text = withValue(parseConfig(from, "x"), path, value);
      assert.equal(text.replaceAll(/\s/g, ""), to);
    });
  }
});

Deno.test("withValue() gives what an object with that value is", () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
  const indents = fc.constantFrom("", " ", "  ", "\t");
  forAll(objects, objects, indents, (object: Json, providers: Json, indent: string) => {
    const before = { ...object, providers };
    const config = parseConfig(JSON.stringify(before, null, indent), "x");
    const text = withValue(config, ["providers", "moonshot", "region"], "global");
    const after = { ...object, providers: { ...providers, moonshot: { region: "global" } } };
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(after)));
  });
});

Deno.test("withValue() takes a file however deep it is nested or indented", async (t) => {
  const texts: [what: string, text: string][] = [
    ["150 levels on one line", `{"a":${"[".repeat(150)}1${"]".repeat(150)}}`],
    ["150 levels below providers", `{"providers":{"yi":${'{"a":'.repeat(150)}1${"}".repeat(150)}}}`],
    [
      "150 levels on their lines",
      JSON.stringify({ a: JSON.parse("[".repeat(150) + "]".repeat(150)) }, null, 2),
    ],
    ["200 blanks before a member", `{"a":1,\n${" ".repeat(200)}"providers":{"yi":1}}`],
  ];
  for (const [what, text] of texts) {
    await t.step(what, () => {
      const edited = JSON.parse(withValue(parseConfig(text, "x"), ["providers", "moonshot", "region"], "cn"));
      assert.deepEqual(edited.providers.moonshot, { region: "cn" });
    });
  }
});

type Json = Record<string, fc.JsonValue>;
