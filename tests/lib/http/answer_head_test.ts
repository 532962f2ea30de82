import assert from "node:assert/strict";
import { answerHead } from "../../../lib/http/answer_head.ts";
import { type Body, BytesBody } from "../../../lib/http/body.ts";
import { FieldList } from "../../../lib/http/fields.ts";

const NOW = Date.UTC(1994, 10, 6, 8, 49, 37, 999);
const DATE = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

type Pair = [name: string, value: string];
type Length = "none" | "unknown" | number;

function bodyOf(length: Length): Body | null {
  if (length === "none") return null;
  const body = new BytesBody(new Uint8Array(length === "unknown" ? 3 : length));
  return length === "unknown" ? Object.assign(body, { length: undefined as unknown as number }) : body;
}

/** What stands between the status line and the date, how the body is written, and whether it is. */
type Framed = readonly [lines: string, chunked: boolean, hasBody: boolean];

const ROWS: [status: number, body: Length, declared: string | undefined, method: string, framed: Framed][] = [
  [200, 3, undefined, "GET", ["content-length: 3\r\n", false, true]],
  [200, 0, undefined, "GET", ["content-length: 0\r\n", false, true]],
  [200, "none", undefined, "GET", ["content-length: 0\r\n", false, false]],
  [200, "unknown", undefined, "GET", ["transfer-encoding: chunked\r\n", true, true]],
  // What the provider said of the length is never repeated where there is a body of ours.
  [200, 3, "99", "GET", ["content-length: 3\r\n", false, true]],
  [200, "none", "99", "GET", ["content-length: 0\r\n", false, false]],
  [200, "unknown", "99", "GET", ["transfer-encoding: chunked\r\n", true, true]],
  [404, "unknown", undefined, "POST", ["transfer-encoding: chunked\r\n", true, true]],
  [205, "none", undefined, "GET", ["content-length: 0\r\n", false, false]],
  [200, "none", "99", "HEAD", ["content-length: 99\r\n", false, false]],
  [200, "none", undefined, "HEAD", ["", false, false]],
  [200, 3, undefined, "HEAD", ["", false, false]],
  [200, "unknown", undefined, "HEAD", ["", false, false]],
  [204, "none", undefined, "GET", ["", false, false]],
  [204, "none", "0", "GET", ["", false, false]],
  [204, 3, "3", "GET", ["", false, false]],
  [204, "none", "3", "HEAD", ["", false, false]],
  [304, "none", "99", "GET", ["content-length: 99\r\n", false, false]],
  [304, "unknown", undefined, "GET", ["", false, false]],
];

Deno.test("answerHead() frames an answer by itself", async (t) => {
  for (const [status, length, declared, method, [lines, chunked, hasBody]] of ROWS) {
    for (const minor of [1, 0] as const) {
      await t.step(`${status} of ${length} bytes, said to be ${declared}, to ${method} 1.${minor}`, () => {
        const pairs: Pair[] = declared === undefined ? [] : [["content-length", declared]];
        const headers = new FieldList(pairs.map(([name]) => name), pairs.map(([, value]) => value));
        const body = bodyOf(length);
        const head = answerHead({ status, reason: "R", headers, body }, { method, minor }, true, NOW);
        const raw = chunked && minor === 0;
        assert.equal(head.text, `HTTP/1.1 ${status} R\r\n${raw ? "" : lines}${DATE}`);
        assert.equal(head.chunked, chunked && !raw);
        assert.equal(head.body, hasBody ? body : null);
      });
    }
  }
});

const GET = { method: "GET", minor: 1 } as const;

Deno.test("answerHead() says connection: close when nothing may follow, and only then", () => {
  const answer = { status: 204, reason: "R", headers: new FieldList(), body: null };
  assert.equal(answerHead(answer, GET, true, NOW).text, `HTTP/1.1 204 R\r\n${DATE}`);
  assert.equal(answerHead(answer, GET, false, NOW).text, `HTTP/1.1 204 R\r\n${DATE}connection: close\r\n`);
});

Deno.test("answerHead() keeps the fields in their order, and a date that is there", () => {
  const headers = new FieldList(["b", "date", "a", "b"], ["1", "then", "\xe9", "2"]);
  const { text } = answerHead({ status: 204, reason: "R", headers, body: null }, GET, true, NOW);
  assert.equal(text, "HTTP/1.1 204 R\r\nb: 1\r\ndate: then\r\na: \xe9\r\nb: 2\r\n");
});

const REASONS: [status: number, reason: string, line: string][] = [
  [200, "", "HTTP/1.1 200 OK"],
  [431, "", "HTTP/1.1 431 Request Header Fields Too Large"],
  [504, "", "HTTP/1.1 504 Gateway Timeout"],
  // The space behind the status belongs to the line also when nothing follows (RFC 9112, section 4).
  [299, "", "HTTP/1.1 299 "],
  [200, "Fine \xe9", "HTTP/1.1 200 Fine \xe9"],
];

Deno.test("answerHead() gives the provider's words, else those of the status", async (t) => {
  for (const [status, reason, line] of REASONS) {
    await t.step(line, () => {
      const answer = { status, reason, headers: new FieldList(), body: null };
      assert.equal(answerHead(answer, GET, true, NOW).text.split("\r\n")[0], line);
    });
  }
});
