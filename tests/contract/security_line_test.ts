import assert from "node:assert/strict";
import { ADD, addLine, each, MISSING, stored, TWICE } from "../support/security/examples.ts";
import { Buffer } from "node:buffer";
import { startSecurity } from "../support/security/fixture.ts";
import { runTool as run } from "../support/security/run.ts";
import { splitLine } from "../support/security/split_line.ts";

// What is known of macOS's security(1). Where this fails, the backend is tested against something else.
const WORDS: [line: string, ...words: string[]][] = [
  ["a b\t c", "a", "b", "c"],
  [""],
  [' \t"" ', ""],
  ['"a b" c', "a b", "c"],
  ["'a b' c", "a b", "c"],
  [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
  [String.raw`'a\b'`, "ab"],
  [String.raw`a\ b`, "a b"],
  [String.raw`'it'"'"'s'`, "it", "'", "s"],
  ['"a""b"', "a", "b"],
  ['a"b c"', 'a"b', 'c"'],
  ["$HOME `id` # * ~", "$HOME", "`id`", "#", "*", "~"],
  ['"open', "open"],
  ["end\\", "end"],
  ["a\0b c", "a"],
  ["w ".repeat(33), ...Array(32).fill("w")],
];

Deno.test("a line is not split as a shell does it", async (t) => {
  for (const [line, ...words] of WORDS) {
    await t.step(JSON.stringify(line.slice(0, 20)), () => assert.deepEqual(splitLine(line), words));
  }
});

/** A line of so many bytes, which stores `x…`. */
const long = (length: number) => addLine("x".repeat(length - addLine("").length));
/** What the cut line stores. */
const cut = (length: number) => `app/me=${"x".repeat(length - addLine("").length)}`;

const UNKNOWN = (word: string) => `security: unknown command "${word}"\n${word}: returned 1\n`;

const STDIN: [what: string, stdin: string | Uint8Array, code: number, stored: string[], stderr: string][] = [
  ["nothing", "", 0, [], ""],
  ["a line", `${addLine("secret")}\n`, 0, ["app/me=secret"], ""],
  ["no line end", addLine("secret"), 0, [], ""],
  ["no line end on the last of two", `${addLine("1")}\n${addLine("2", "-U")}`, 0, ["app/me=1"], ""],
  ["empty lines", "\n \n", 0, [], ""],
  ["4094 bytes", `${long(4094)}\n`, 0, [cut(4094)], ""],
  ["4095 bytes", `${long(4095)}\n`, 0, [cut(4095)], ""],
  ["4096 bytes", `${long(4096)}\n`, 1, [cut(4095)], UNKNOWN("x")],
  ["5000 bytes", `${long(5000)}\n`, 1, [cut(4095)], UNKNOWN("x".repeat(905))],
  ["4095 bytes without a line end", long(4095), 0, [cut(4095)], ""],
  ["4096 bytes without a line end", long(4096), 0, [cut(4095)], ""],
  ["a failure before the last command", `no\n${addLine("1")}\n`, 0, ["app/me=1"], UNKNOWN("no")],
  ["a failure of the last command", `${addLine("1")}\nno\n`, 1, ["app/me=1"], UNKNOWN("no")],
  [
    "a duplicate",
    `${addLine("1")}\n${addLine("2")}\n`,
    45,
    ["app/me=1"],
    `${TWICE}add-generic-password: returned -25299\n`,
  ],
  [
    "a line end in quotes",
    `${addLine('"1')}\ndelete-generic-password -s app"\n`,
    44,
    ["app/me=1"],
    `${MISSING}delete-generic-password: returned -25300\n`,
  ],
  ["a command in a secret", `${addLine('"1')}\n${addLine("2", "-U")}\n`, 0, ["app/me=2"], ""],
  ["quotes and backslashes", `${addLine(String.raw`"a \"b\" \\c"`)}\n`, 0, [String.raw`app/me=a "b" \c`], ""],
  [
    "a name in single quotes",
    String.raw`add-generic-password -a 'a\b' -s app -w 1` + "\n",
    0,
    ["app/ab=1"],
    "",
  ],
  ["a command's first letters", `${addLine("1").replace("generic-password", "g")}\n`, 0, ["app/me=1"], ""],
  ["bytes that are no text", Buffer.from(`${addLine("\xff\x80")}\n`, "latin1"), 0, ["app/me=\xff\x80"], ""],
  ["hexadecimal digits", `${ADD.join(" ")} -X 00ff0A\n`, 0, ["app/me=\0\xff\n"], ""],
];

Deno.test("commands on stdin", async (t) => {
  await each(t, STDIN, async ([, stdin, code, items, stderr]) => {
    using security = startSecurity();
    assert.deepEqual(await run(security, ["-i"], stdin), { code, stdout: "", stderr });
    assert.deepEqual(stored(security), items);
  });
});

Deno.test("a line of 4095 bytes succeeds even if its command fails", async () => {
  using security = startSecurity({ mode: "locked-headless" });
  for (const [length, code] of [[4094, 36], [4095, 0]] as const) {
    const stderr = "add-generic-password: returned -25308\n";
    assert.deepEqual(await run(security, ["-i"], `${long(length)}\n`), { code, stdout: "", stderr });
  }
});

Deno.test("no more is taken from stdin than a buffer at a time", async () => {
  using security = startSecurity();
  const answers = `${"p".repeat(100)}\n`.repeat(2);
  assert.equal((await run(security, [...ADD, "-w"], answers + "x".repeat(20_000))).code, 0);
  assert.equal(security.calls()[0]!.stdin.length, 4096);
});
