import assert from "node:assert/strict";
import { agrees, askHidden, readAll } from "../../../lib/cli/prompt.ts";
import type { StopSignal } from "../../../lib/system.ts";
import { type FakeSystem, fakeSystem } from "../../support/fake_system.ts";
import { fails } from "../../support/failure.ts";

/** Pieces as the terminal hands them over; a number is one byte. */
type Typed = readonly (string | number)[];

const LINES: [what: string, typed: Typed, line: string][] = [
  ["a line and Enter", ["sk-test\r"], "sk-test"],
  ["a line feed", ["sk-test\n"], "sk-test"],
  ["a pasted Windows line end", ["sk-test\r\n"], "sk-test"],
  ["key by key", [..."sk-test", "\r"], "sk-test"],
  ["a paste and Enter", ["sk-", "test", "\r"], "sk-test"],
  ["Enter alone", ["\r"], ""],
  ["backspace (DEL)", ["sk-texx\x7f\x7fst\r"], "sk-test"],
  ["backspace (BS)", ["sk-tesx\bt\r"], "sk-test"],
  ["backspace in a piece of its own", ["sk-testx", "\x7f", "\r"], "sk-test"],
  ["more backspaces than letters", ["ab\x7f\x7f\x7f\x7fsk\r"], "sk"],
  ["backspace behind a letter of four bytes", ["🔑\x7fsk\r"], "sk"],
  ["Ctrl-U", ["wrong\x15sk-test\r"], "sk-test"],
  ["Ctrl-U twice", ["wrong\x15", "wrong\x15", "\r"], ""],
  ["the end of the input", ["sk-test"], "sk-test"],
  ["the end of the input at once", [], ""],
  ["white space behind the line end", ["sk-test\n \n\t"], "sk-test"],
  ["white space in the line, which the key check refuses", [" sk test \r"], " sk test "],
  ["a letter of two bytes, split", ["k", 0xc3, 0xbc, "\r"], "kü"],
  ["a letter of four bytes, split", [0xf0, 0x9f, 0x94, 0x91, "\r"], "🔑"],
  ["a letter of two bytes and Ctrl-U", [0xc3, 0xbc, "\x15k\r"], "k"],
  ["8 KiB in pieces", ["k".repeat(4096), "k".repeat(4096), "\r"], "k".repeat(8192)],
];

Deno.test("askHidden() takes a line and shows none of it", async (t) => {
  for (const [what, typed, line] of LINES) {
    await t.step(what, async () => {
      const system = typing(typed);
      assert.equal(await askHidden(system, "Key: "), line);
      assert.equal(system.stderr, "Key: \n");
      isRestored(system);
    });
  }
});

const INTERRUPTIONS: [what: string, typed: Typed][] = [
  ["Ctrl-C", ["\x03"]],
  ["Ctrl-C behind a line", ["sk-test", "\x03"]],
  ["Ctrl-C in a paste", ["sk-\x03test\r"]],
  ["Ctrl-D alone", ["\x04"]],
  ["Ctrl-D on a line that was emptied", ["ab\x7f\x7f\x04"]],
];

Deno.test("askHidden() ends without a value at Ctrl-C and Ctrl-D", async (t) => {
  for (const [what, typed] of INTERRUPTIONS) {
    await t.step(what, async () => {
      const system = typing(typed);
      await fails("interrupted", () => askHidden(system, "Key: "));
      assert.equal(system.stderr, "Key: \n");
      isRestored(system);
    });
  }
});

const PASTES: [what: string, typed: Typed][] = [
  ["a second line", ["sk-canary\nsk-other\n"]],
  ["a second line behind Windows line ends", ["sk-canary\r\nsk-other\r\n"]],
  ["a command behind the key", ["sk-canary\rrm -rf ~\r"]],
  ["a line behind an empty one", ["\nsk-canary\n"]],
];

Deno.test("askHidden() refuses more than one line, and repeats none", async (t) => {
  for (const [what, typed] of PASTES) {
    await t.step(what, async () => {
      const system = typing(typed);
      const { message, hint } = await fails("usage", () => askHidden(system, "Key: "));
      assert.match(message, /more than one line/);
      assert.ok(!`${message}${hint}${system.stderr}`.includes("canary"));
      isRestored(system);
    });
  }
});

Deno.test("askHidden() leaves the terminal as it was when a signal comes", async (t) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] satisfies StopSignal[]) {
    await t.step(signal, async () => {
      const system = fakeSystem({ stdin: ["sk-te"], staysOpen: true, isTerminal: true });
      const asked = fails("interrupted", () => askHidden(system, "Key: "));
      assert.deepEqual([system.raw, system.listeners], [[true], 1]);
      await Promise.resolve();
      system.raise(signal);
      await asked;
      isRestored(system);
    });
  }
});

Deno.test("askHidden() leaves the terminal as it was when reading fails", async () => {
  const system = fakeSystem({ isTerminal: true });
  const broken = { ...system.terminal, read: () => Promise.reject(new Error("of the test")) };
  await assert.rejects(askHidden({ ...system, terminal: broken }, "Key: "), { message: "of the test" });
  isRestored(system);
});

Deno.test("askHidden() turns the echo off before it asks", async () => {
  const before: (readonly boolean[])[] = [];
  const system = fakeSystem({
    stdin: ["k\r"],
    isTerminal: true,
    onErr: (_, { raw }) => before.push([...raw]),
  });
  await askHidden(system, "Key: ");
  assert.deepEqual(before[0], [true]);
});

const ANSWERS: [typed: Typed, agreed: boolean][] = [
  [["y\n"], true],
  [["yes\n"], true],
  [["YES\r\n"], true],
  [[" y \n"], true],
  [["y", "e", "s", "\n"], true],
  [["y"], true],
  [["n\n"], false],
  [["\n"], false],
  [[], false],
  [["yep\n"], false],
  [["yes please\n"], false],
  [["n\ny\n"], false],
  [["ye\n"], false],
];

Deno.test("agrees() takes y and yes for agreement, and nothing else", async (t) => {
  for (const [typed, agreed] of ANSWERS) {
    await t.step(JSON.stringify(typed), async () => {
      const system = typing(typed);
      assert.equal(await agrees(system, "Remove it?"), agreed);
      assert.equal(system.stderr, "Remove it? [y/N] ");
      assert.deepEqual(system.raw, []);
    });
  }
});

Deno.test("agrees() is interrupted by a signal, on a line of its own", async () => {
  const system = fakeSystem({
    isTerminal: true,
    staysOpen: true,
    onErr: (_, system) => queueMicrotask(() => system.raise("SIGINT")),
  });
  await fails("interrupted", () => agrees(system, "Remove it?"));
  assert.equal(system.stderr, "Remove it? [y/N] \n");
  assert.equal(system.listeners, 0);
});

Deno.test("readAll() joins the pieces, also within a letter", async (t) => {
  const rows: [typed: Typed, text: string][] = [
    [[], ""],
    [["sk-", "test\n"], "sk-test\n"],
    [["k", 0xc3, 0xbc], "kü"],
    [["k", 0xc3], "k\ufffd"],
  ];
  for (const [typed, text] of rows) {
    await t.step(JSON.stringify(text), async () => {
      assert.equal(await readAll(typing(typed).terminal, 100), text);
    });
  }
});

Deno.test("readAll() stops reading soon after the limit", async () => {
  const system = fakeSystem({ stdin: ["x".repeat(60), "x".repeat(60), "x".repeat(60)], staysOpen: true });
  assert.equal(await readAll(system.terminal, 100), "x".repeat(120));
});

function typing(typed: Typed): FakeSystem {
  const stdin = typed.map((piece) => typeof piece === "number" ? Uint8Array.of(piece) : piece);
  return fakeSystem({ stdin, isTerminal: true });
}

function isRestored(system: FakeSystem): void {
  assert.deepEqual(system.raw, [true, false]);
  assert.equal(system.listeners, 0);
}
