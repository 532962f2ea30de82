import assert from "node:assert/strict";
import { connectionOptions, FieldList } from "../../../lib/http/fields.ts";

type Pair = readonly [name: string, value: string];

function listOf(...pairs: readonly Pair[]): FieldList {
  return new FieldList(pairs.map(([name]) => name), pairs.map(([, value]) => value));
}

const THREE: Pair[] = [["a", "1"], ["b", "2"], ["a", "3"]];

const GOT: [name: string, value: string | null][] = [
  ["a", "1, 3"],
  ["b", "2"],
  ["c", null],
  ["", null],
  // Names are given in lower case, and no other spelling is looked for.
  ["A", null],
];

Deno.test("FieldList gives all values of a name, in their order", async (t) => {
  for (const [name, value] of GOT) {
    await t.step(JSON.stringify(name), () => {
      assert.equal(listOf(...THREE).get(name), value);
      assert.equal(listOf(...THREE).has(name), value !== null);
    });
  }
  await t.step("an empty value is one", () => {
    assert.equal(listOf(["a", ""]).get("a"), "");
    assert.equal(listOf(["a", ""], ["a", ""]).get("a"), ", ");
    assert.equal(listOf(["a", ""], ["a", "1"]).get("a"), ", 1");
  });
});

const CHANGES: [what: string, change: (fields: FieldList) => void, lines: string][] = [
  ["nothing", () => {}, "a: 1\r\nb: 2\r\na: 3\r\n"],
  ["set, which replaces all", (fields) => fields.set("a", "4"), "b: 2\r\na: 4\r\n"],
  ["set of another", (fields) => fields.set("c", "4"), "a: 1\r\nb: 2\r\na: 3\r\nc: 4\r\n"],
  ["append", (fields) => fields.append("b", "4"), "a: 1\r\nb: 2\r\na: 3\r\nb: 4\r\n"],
  ["append of nothing", (fields) => fields.append("b", ""), "a: 1\r\nb: 2\r\na: 3\r\nb: \r\n"],
  ["delete of both", (fields) => fields.delete("a"), "b: 2\r\n"],
  ["delete of one", (fields) => fields.delete("b"), "a: 1\r\na: 3\r\n"],
  ["delete of none", (fields) => fields.delete("c"), "a: 1\r\nb: 2\r\na: 3\r\n"],
  ["delete of all", (fields) => ["a", "b"].forEach((name) => fields.delete(name)), ""],
];

Deno.test("FieldList changes with", async (t) => {
  for (const [what, change, lines] of CHANGES) {
    await t.step(what, () => {
      const fields = listOf(...THREE);
      change(fields);
      assert.equal(fields.lines(), lines);
    });
  }
});

Deno.test("FieldList is gone through in the order of its lines", () => {
  const seen: Pair[] = [];
  listOf(...THREE).forEach((value, name) => seen.push([name, value]));
  assert.deepEqual(seen, THREE);
  assert.deepEqual([...listOf(...THREE)], THREE);
  assert.deepEqual([...new FieldList()], []);
});

const UNSENDABLE = [
  "a\r\nb: c",
  "a\nb",
  "a\rb",
  "\r\n",
  "\n",
  "a\n",
  "\x00",
  "\x01",
  "\x08",
  "\x0b",
  "\x0c",
  "\x1f",
  "\x7f",
  "\u0100",
  "\u010a",
  "\u2028",
  "\u{1f600}",
];

Deno.test("FieldList takes no value that could not be read back", async (t) => {
  for (const value of UNSENDABLE) {
    await t.step(JSON.stringify(value), () => {
      for (const add of ["append", "set"] as const) {
        const fields = listOf(["b", "2"]);
        assert.throws(() => fields[add]("a", value), TypeError);
        assert.equal(fields.lines(), "b: 2\r\n");
      }
    });
  }
});

Deno.test("FieldList never repeats in an error what it refuses", () => {
  assert.throws(
    () => new FieldList().append("a", "secret\n"),
    (error: Error) => !/secret/.test(error.message),
  );
});

Deno.test("FieldList takes tabs and Latin-1", () => {
  const fields = new FieldList();
  for (const value of ["a\tb", "\x80\xe9\xff", " !~"]) fields.append("a", value);
  assert.equal(fields.lines(), "a: a\tb\r\na: \x80\xe9\xff\r\na:  !~\r\n");
});

const OPTIONS: [pairs: Pair[], names: string[]][] = [
  [[], []],
  [[["close", "close"]], []],
  [[["connection", "close"]], ["close"]],
  [[["connection", "Close"]], ["close"]],
  [[["connection", "keep-alive,X-A , \tx-b"]], ["keep-alive", "x-a", "x-b"]],
  [[["connection", "a"], ["connection", "b"]], ["a", "b"]],
  [[["connection", "closed"]], ["closed"]],
  [[["connection", "not close"]], ["not close"]],
];

Deno.test("connectionOptions()", async (t) => {
  for (const [pairs, names] of OPTIONS) {
    await t.step(JSON.stringify(pairs), () => assert.deepEqual(connectionOptions(listOf(...pairs)), names));
  }
  await t.step("60 KiB of commas", () => {
    assert.ok(connectionOptions(listOf(["connection", ",".repeat(61_440)])).every((name) => name === ""));
  });
});
