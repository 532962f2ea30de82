import assert from "node:assert/strict";
import { readLines } from "../../../lib/cli/prompt.ts";
import { settle } from "../../support/fake_clock.ts";
import { fakeSystem } from "../../support/fake_system.ts";
import { fails } from "../../support/failure.ts";

/** Pieces as the terminal hands them over; a number is one byte. */
type Typed = readonly (string | number)[];

function typing(typed: Typed) {
  const stdin = typed.map((piece) => typeof piece === "number" ? Uint8Array.of(piece) : piece);
  return fakeSystem({ stdin, isTerminal: true });
}

/** Every line, and what is shown. */
async function linesOf(typed: Typed): Promise<string[]> {
  const { terminal, ...system } = typing(typed);
  const lines: string[] = [];
  await readLines(terminal, (line) => Promise.resolve(void lines.push(line)));
  assert.deepEqual([system.stdout, system.stderr, system.raw], ["", "", []]);
  return lines;
}

const LINES: [what: string, typed: Typed, lines: string[]][] = [
  ["nothing", [], []],
  ["a line and Enter", ["one\r"], ["one"]],
  ["a line feed", ["one\n"], ["one"]],
  ["a Windows line end", ["one\r\n"], ["one"]],
  ["the end of the input", ["one"], ["one"]],
  ["several lines at once", ["one\rtwo\nthree\r\n"], ["one", "two", "three"]],
  ["key by key", [..."one\r"], ["one"]],
  ["a paste in pieces", ["http://local", "host:1455/a?b=", "c\r"], ["http://localhost:1455/a?b=c"]],
  ["empty lines", ["\r\r\n \r\t\rone\r\r"], ["one"]],
  ["white space at the end of the input", ["one\r  "], ["one"]],
  ["backspace (DEL)", ["onx\x7fe\r"], ["one"]],
  ["backspace (BS)", ["onx\be\r"], ["one"]],
  ["more backspaces than letters", ["a\x7f\x7f\x7fone\r"], ["one"]],
  ["backspace behind a letter of four bytes", ["🔑\x7fone\r"], ["one"]],
  ["Ctrl-U", ["wrong\x15one\r"], ["one"]],
  ["Ctrl-U, and nothing else", ["wrong\x15\r"], []],
  ["Ctrl-U in the line behind", ["one\rwrong\x15two\r"], ["one", "two"]],
  ["a letter of two bytes, split", [0xc3, 0xbc, "\r"], ["ü"]],
  ["a letter of four bytes, split", [0xf0, 0x9f, 0x94, 0x91, "\r"], ["🔑"]],
  ["more than anybody pastes, whose end counts", ["x".repeat(20_000), "one\r"], ["x".repeat(16_381) + "one"]],
  ["a line behind such a one", ["x".repeat(20_000) + "\rone\r"], ["x".repeat(16_384), "one"]],
  // Ctrl-D at an empty line, before a paste.
  ["Ctrl-D before a line", ["\x04", "one\r"], ["one"]],
];

Deno.test("readLines() gives every line, and shows none", async (t) => {
  for (const [what, typed, lines] of LINES) {
    await t.step(what, async () => assert.deepEqual(await linesOf(typed), lines));
  }
});

Deno.test("readLines() ends at Ctrl-C, and gives no half line", async (t) => {
  const rows: [typed: Typed, lines: string[]][] = [
    [["\x03"], []],
    [["one\x03"], []],
    [["o\x03ne\r"], []],
    [["one\rtwo", "\x03"], ["one"]],
    [["one\r\x03two\r"], ["one"]],
  ];
  for (const [typed, expected] of rows) {
    await t.step(JSON.stringify(typed), async () => {
      const lines: string[] = [];
      const { terminal } = typing([...typed, "three\r"]);
      await fails("interrupted", () => readLines(terminal, (line) => Promise.resolve(void lines.push(line))));
      assert.deepEqual(lines, expected);
    });
  }
});

Deno.test("readLines() gives a line only once the one before has been dealt with", async () => {
  const first = Promise.withResolvers<void>();
  const lines: string[] = [];
  const { terminal } = typing(["one\rtwo\r"]);
  const reading = readLines(terminal, (line) => {
    lines.push(line);
    return lines.length === 1 ? first.promise : Promise.resolve();
  });
  await settle();
  assert.deepEqual(lines, ["one"]);
  first.resolve();
  await reading;
  assert.deepEqual(lines, ["one", "two"]);
});

Deno.test("readLines() ends with what goes wrong with a line", async () => {
  const { terminal } = typing(["one\rtwo\r"]);
  await assert.rejects(readLines(terminal, () => Promise.reject(new TypeError("of the test"))), TypeError);
});

Deno.test("readLines() finds no lines where stdin can't be read, such as in a folder", async () => {
  const { terminal } = typing([]);
  const broken = { ...terminal, read: () => Promise.reject(new Error("Is a directory (os error 21)")) };
  await readLines(broken, () => Promise.reject(new Error("there is no line")));
});
