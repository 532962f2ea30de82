import assert from "node:assert/strict";
import { FieldList } from "../../../lib/http/fields.ts";
import { requestFraming, responseFraming } from "../../../lib/http/framing.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";

type Pair = readonly [name: string, value: string];

const LENGTH = "content-length";
const CODING = "transfer-encoding";

function fieldsOf(pairs: readonly Pair[]): FieldList {
  return new FieldList(pairs.map(([name]) => name), pairs.map(([, value]) => value));
}

function request(minor: 0 | 1, ...pairs: readonly Pair[]) {
  return { method: "POST", target: "/", minor, fields: fieldsOf(pairs) };
}

function response(status: number, minor: 0 | 1, ...pairs: readonly Pair[]) {
  return { status, reason: "", minor, fields: fieldsOf(pairs) };
}

const LENGTHS = [
  "",
  " ",
  "+5",
  "-5",
  "-0",
  " 5",
  "5 ",
  "5\t",
  "5 5",
  "5,5",
  "5, 5",
  "5,",
  ",5",
  "5;5",
  "0x5",
  "5h",
  "a",
  "5e2",
  "5.0",
  "5.",
  "5_0",
  "1'000",
  "0b1",
  "Infinity",
  "NaN",
  "null",
  '"5"',
  "\xb9",
  "5\x00",
  "5\n",
  "\n5",
  "\u0665",
  "0000000000000005",
  "1000000000000000",
  "9007199254740993",
  "18446744073709551616",
  "9".repeat(61_440),
  " ".repeat(61_440),
  ",".repeat(61_440),
];

const CODINGS = [
  "",
  " ",
  "identity",
  "gzip",
  "chunked, gzip",
  "gzip, chunked",
  "gzip,chunked",
  "chunked, chunked",
  "chunked,",
  ",chunked",
  "identity, chunked",
  "chunked, identity",
  "xchunked",
  "chunkedx",
  "chunkedchunked",
  "chunke",
  " chunked",
  "chunked ",
  "\tchunked",
  "chunked\t",
  "chunked\n",
  "\x0bchunked",
  "\xa0chunked",
  "chunked\xa0",
  "chunked\x00",
  "chunked;q=1",
  '"chunked"',
  "chun ked",
  "chunked".repeat(8000),
  ",".repeat(61_440),
  `${" ".repeat(61_440)}chunked`,
];

Deno.test("requestFraming() and responseFraming() refuse a content-length of", async (t) => {
  for (const length of LENGTHS) {
    await t.step(JSON.stringify(length.slice(0, 40)), () => assertRefused(400, [LENGTH, length]));
  }
});

Deno.test("requestFraming() and responseFraming() refuse a transfer-encoding of", async (t) => {
  for (const coding of CODINGS) {
    await t.step(JSON.stringify(coding.slice(0, 40)), () => assertRefused(501, [CODING, coding]));
  }
});

/** What could be read in two ways. */
const AMBIGUOUS: Pair[][] = [
  [[LENGTH, "5"], [CODING, "chunked"]],
  [[CODING, "chunked"], [LENGTH, "5"]],
  [[LENGTH, "0"], [CODING, "chunked"]],
  [[LENGTH, ""], [CODING, "chunked"]],
  [[LENGTH, "5"], [CODING, "identity"]],
  [[LENGTH, "5"], [CODING, ""]],
  [[LENGTH, "x"], [CODING, "x"]],
];

Deno.test("requestFraming() and responseFraming() refuse", async (t) => {
  for (const pairs of AMBIGUOUS) {
    await t.step(JSON.stringify(pairs), () => assertRefused(400, ...pairs));
  }
  // The reader gives no two of these; where they come together, they are refused as a list is.
  await t.step("two lengths", () => assertRefused(400, [LENGTH, "5"], [LENGTH, "5"]));
  await t.step("two codings", () => assertRefused(501, [CODING, "chunked"], [CODING, "chunked"]));
  for (const coding of ["chunked", "identity", "gzip", ""]) {
    await t.step(`transfer-encoding: ${coding} in HTTP/1.0`, () => {
      assert.throws(() => requestFraming(request(0, [CODING, coding])), { status: 400 });
      assert.throws(() => responseFraming("GET", response(200, 0, [CODING, coding])), { status: 400 });
    });
  }
});

/** Also where there is no body, since the next message is looked for behind it. */
function assertRefused(wanted: number, ...pairs: readonly Pair[]): void {
  const isRefused = (error: unknown) => error instanceof ProtocolError && error.status === wanted;
  assert.throws(() => requestFraming(request(1, ...pairs)), isRefused);
  for (
    const [method, status] of [["GET", 200], ["HEAD", 200], ["GET", 204], ["GET", 304], ["GET", 100]] as const
  ) {
    assert.throws(() => responseFraming(method, response(status, 1, ...pairs)), isRefused);
  }
}
