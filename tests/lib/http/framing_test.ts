import assert from "node:assert/strict";
import { FieldList } from "../../../lib/http/fields.ts";
import { type Framing, keepsOpen, requestFraming, responseFraming } from "../../../lib/http/framing.ts";

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

const FRAMED: [pairs: Pair[], framing: Framing | undefined][] = [
  [[], undefined],
  [[[LENGTH, "0"]], 0],
  [[[LENGTH, "5"]], 5],
  [[[LENGTH, "005"]], 5],
  [[[LENGTH, "000000000000000"]], 0],
  [[[LENGTH, "999999999999999"]], 999_999_999_999_999],
  [[["x-content-length", "5"]], undefined],
  [[["te", "chunked"]], undefined],
];

Deno.test("requestFraming() and responseFraming() read", async (t) => {
  for (const [pairs, framing] of FRAMED) {
    await t.step(JSON.stringify(pairs), () => {
      for (const minor of [0, 1] as const) {
        assert.equal(requestFraming(request(minor, ...pairs)), framing ?? 0);
        assert.equal(responseFraming("GET", response(200, minor, ...pairs)), framing ?? "until_close");
      }
    });
  }
  for (const coding of ["chunked", "Chunked", "CHUNKED"]) {
    await t.step(coding, () => {
      assert.equal(requestFraming(request(1, [CODING, coding])), "chunked");
      assert.equal(responseFraming("GET", response(200, 1, [CODING, coding])), "chunked");
    });
  }
});

const BODILESS: [method: string, status: number, hasNone: boolean][] = [
  ["HEAD", 200, true],
  ["HEAD", 404, true],
  ["GET", 100, true],
  ["GET", 101, true],
  ["GET", 103, true],
  ["GET", 199, true],
  ["GET", 204, true],
  ["POST", 204, true],
  ["GET", 304, true],
  ["GET", 200, false],
  ["POST", 201, false],
  ["GET", 203, false],
  ["GET", 205, false],
  ["GET", 303, false],
  ["GET", 305, false],
  ["GET", 404, false],
  ["GET", 999, false],
  // Methods are told apart by case.
  ["head", 200, false],
  ["HEADER", 200, false],
];

Deno.test("responseFraming() knows where there is no body, whatever is declared", async (t) => {
  for (const [method, status, hasNone] of BODILESS) {
    await t.step(`${status} to ${method}`, () => {
      const framing = (...pairs: Pair[]) => responseFraming(method, response(status, 1, ...pairs));
      assert.equal(framing(), hasNone ? 0 : "until_close");
      assert.equal(framing([LENGTH, "5"]), hasNone ? 0 : 5);
      assert.equal(framing([CODING, "chunked"]), hasNone ? 0 : "chunked");
    });
  }
});

const KEPT: [minor: 0 | 1, connection: string[], keeps: boolean][] = [
  [1, [], true],
  [1, ["keep-alive"], true],
  [1, [""], true],
  [1, ["closed"], true],
  [1, ["close x"], true],
  [1, ["close"], false],
  [1, ["Close"], false],
  [1, ["keep-alive, close"], false],
  [1, ["close,keep-alive"], false],
  [1, ["x ,\tCLOSE\t, y"], false],
  [1, ["keep-alive", "close"], false],
  [0, [], false],
  [0, ["close"], false],
  // Nothing needs it, and proxies between pass it on wrongly (RFC 9112, section 9.3).
  [0, ["keep-alive"], false],
];

Deno.test("keepsOpen()", async (t) => {
  for (const [minor, connection, keeps] of KEPT) {
    await t.step(`1.${minor} ${JSON.stringify(connection)}`, () => {
      const pairs = connection.map((value): Pair => ["connection", value]);
      assert.equal(keepsOpen(request(minor, ...pairs)), keeps);
      assert.equal(keepsOpen(response(200, minor, ...pairs)), keeps);
    });
  }
});
