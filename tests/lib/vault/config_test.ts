import assert from "node:assert/strict";
import { members, readConfig } from "../../../lib/vault/config.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { fails } from "../../support/failure.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const READABLE: [what: string, content: string, keys: readonly string[]][] = [
  ["an empty object", "{}", []],
  ["white space around it", " \r\n\t{ }\n\n", []],
  ["a byte order mark", '\ufeff{"a":1}', ["a"]],
  ["line ends of Windows", '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n', ["a", "b"]],
  ["repeated members", '{"a":1,"a":2,"b":3,"a":4}', ["a", "a", "b", "a"]],
  ["escaped names", '{"\\u0061":1,"\\ud83d\\ude00":2,"":3}', ["a", "😀", ""]],
  ["names that objects have anyway", '{"__proto__":1,"constructor":2,"toString":3}', [
    "__proto__",
    "constructor",
    "toString",
  ]],
  ["names like numbers, in their order", '{"10":1,"2":2,"-1":3}', ["10", "2", "-1"]],
  ["numbers that JavaScript can't hold", '{"a":1e400,"b":123456789012345678901234567890,"c":1.0}', [
    "a",
    "b",
    "c",
  ]],
  ["five hundred levels", `{"a":${"[".repeat(500)}${"]".repeat(500)}}`, ["a"]],
  ["eight megabytes", `{"a":"${"x".repeat(8_000_000)}","b":1}`, ["a", "b"]],
];

Deno.test("readConfig() reads what is a JSON object", async (t) => {
  using folder = temporaryFolder();
  const config = folder.at("config.json");
  await t.step("or nothing", () => assert.deepEqual(members(readConfig({ config }).root), []));
  for (const [what, content, keys] of READABLE) {
    await t.step(what, () => {
      Deno.writeTextFileSync(config, content);
      assert.deepEqual(members(readConfig({ config }).root).map(({ key }) => key), keys);
    });
  }
});

const BROKEN: [what: string, content: string | Uint8Array<ArrayBuffer>][] = [
  ["an empty file", ""],
  ["white space", " \n"],
  ["an array", "[]"],
  ["an array of objects", `[{"a":"${CANARY}"}]`],
  ["a text", `"${CANARY}"`],
  ["null", "null"],
  ["a number", "1"],
  ["a bare word", CANARY],
  ["half a file", `{"providers":{"openai":{"apiKey":"${CANARY}"`],
  ["half a text", `{"providers":{"openai":"${CANARY}`],
  ["a comment", `{"a":1} // ${CANARY}`],
  ["a comment inside", `{/* ${CANARY} */"a":1}`],
  ["a trailing comma", `{"a":"${CANARY}",}`],
  ["a trailing comma in an array", `{"a":[1,]}`],
  ["a missing comma", `{"a":1 "${CANARY}":2}`],
  ["a missing colon", `{"${CANARY}" 1}`],
  ["single quotes", `{'a':'${CANARY}'}`],
  ["names without quotes", `{${CANARY}:1}`],
  ["two objects", "{}{}"],
  ["something behind the object", `{} ${CANARY}`],
  ["a line end in a text", `{"a":"${CANARY}\n"}`],
  ["a control character in a text", `{"a":"\x01${CANARY}"}`],
  ["a wrong escape", `{"a":"\\x${CANARY}"}`],
  ["a zero byte", `\0{"a":"${CANARY}"}`],
  ["NaN", '{"a":NaN}'],
  ["a hexadecimal number", '{"a":0x10}'],
  ["UTF-16", Uint8Array.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0])],
  ["a broken UTF-8 sequence", Uint8Array.from([0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d])],
  ["an encoded surrogate", Uint8Array.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ["100,000 levels of arrays", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ["100,000 levels of objects", '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000)],
  ["100,000 levels that never end", "[".repeat(100_000)],
];

Deno.test("readConfig() refuses what is no JSON object, and repeats none of it", async (t) => {
  using folder = temporaryFolder();
  const config = folder.at("config.json");
  for (const [what, content] of BROKEN) {
    await t.step(what, async () => {
      if (typeof content === "string") Deno.writeTextFileSync(config, content);
      else Deno.writeFileSync(config, content);
      const { message, hint } = await fails("usage", () => readConfig({ config }));
      assert.match(
        message,
        /^Cannot read .*config\.json: it is not (a JSON object|valid JSON( \(line \d+\))?)$/,
      );
      assert.equal(hint, `correct it in an editor, or move it away: mv ${config} ${config}.bad`);
      assertNoCanary(message + hint, "the message");
    });
  }
});

const LINES: [content: string, state: string][] = [
  ["", "it is not valid JSON (line 1)"],
  ["{", "it is not valid JSON (line 1)"],
  ['{\n  "a": 1\n  "b": 2\n}', "it is not valid JSON (line 3)"],
  ['{\r\n"a": tru\r\n}', "it is not valid JSON (line 2)"],
  ["[]", "it is not a JSON object"],
];

Deno.test("readConfig() names the line that is wrong", async (t) => {
  using folder = temporaryFolder();
  const config = folder.at("config.json");
  for (const [content, state] of LINES) {
    await t.step(content, async () => {
      Deno.writeTextFileSync(config, content);
      const { message } = await fails("usage", () => readConfig({ config }));
      assert.equal(message, `Cannot read ${config}: ${state}`);
    });
  }
});
