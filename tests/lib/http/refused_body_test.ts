import assert from "node:assert/strict";
import { type Body, FramedBody } from "../../../lib/http/body.ts";
import { ChunkedDecoder } from "../../../lib/http/chunked.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { Reader } from "../../../lib/http/reader.ts";
import { ServerConnection } from "../../../lib/http/server_connection.ts";
import { readRequests } from "../../support/http_parsing.ts";
import { bytesOf, latin1, ScriptedStream } from "../../support/scripted_stream.ts";

const HEAD = "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";
const NEXT = "GET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n";

/** A request whose body is malformed, and looks whole to one who begins again behind the size of the chunk. */
const SMUGGLED: [what: string, pieces: string[]][] = [
  ["in one piece", [`${HEAD}6\r\n\n0\r\n\r\n\r${NEXT}`]],
  ["in two pieces", [`${HEAD}6\r\n`, `\n0\r\n\r\n\r${NEXT}`]],
];

Deno.test("a request whose body was refused is the last of its connection", async (t) => {
  for (const [what, pieces] of SMUGGLED) {
    await t.step(what, async () => {
      assert.deepEqual(await readRequests(pieces), { messages: [], end: "refused" });
    });
  }
});

Deno.test("the answer to a request whose body was refused says that it is the last", async (t) => {
  for (const [what, pieces] of SMUGGLED) {
    await t.step(what, async () => {
      const stream = new ScriptedStream(pieces);
      const connection = new ServerConnection(stream, { now: 0 }, {
        async handle({ body }) {
          await assert.rejects(textOf(body!), ProtocolError);
          return { answer: { status: 400, reason: "", headers: new FieldList(), body: null }, ended() {} };
        },
        refuse: () => assert.fail("the head is well-formed"),
        isDraining: () => false,
      });
      await connection.run();
      assert.match(stream.written, /^HTTP\/1\.1 400 [^]*\r\nconnection: close\r\n\r\n$/);
      assert.ok(stream.isHalfClosed, "a client that still sends may never see its answer");
    });
  }
});

/** Chunked bodies; the last one came of a fuzzer. */
const MALFORMED: [what: string, pieces: string[]][] = [
  ["a last chunk in the data", ["6\r\n", "\n0\r\n\r\n\rx"]],
  ["a size that is not one", ["5\r\nhello\r\n", "x\r\n"]],
  ["a chunk in the data", ["1\r\n", "\r\n5\r\n00"]],
];

Deno.test("a body that was refused once stays so", async (t) => {
  for (const [what, pieces] of MALFORMED) {
    await t.step(what, async () => {
      const body = new FramedBody(new Reader(new ScriptedStream(pieces)), "chunked", () => {});
      await assert.rejects(textOf(body), ProtocolError);
      for (let again = 0; again < 3; again++) {
        await assert.rejects(body.read(), ProtocolError);
        assert.throws(() => body.take(), ProtocolError);
        assert.equal(body.done, false);
      }
    });
  }
});

Deno.test("a body up to the end of a connection that fails is never whole", async (t) => {
  await t.step("when it is read once more", async () => {
    const reader = new Reader(new ScriptedStream(["abc"], "fail"));
    const body = new FramedBody(reader, "until_close", () => {});
    assert.equal(latin1((await body.read())!), "abc");
    await assert.rejects(body.read(), /^Error: reset$/);
    await assert.rejects(body.read(), /^Error: reset$/);
    assert.equal(body.done, false);
  });
  await t.step("when somebody else has read ahead", async () => {
    const reader = new Reader(new ScriptedStream(["abc"], "fail"));
    const body = new FramedBody(reader, "until_close", () => {});
    assert.equal(latin1((await body.read())!), "abc");
    await reader.fill().catch(() => {});
    await assert.rejects(body.read(), /^Error: reset$/);
  });
});

const BARE: [what: string, coded: string][] = [
  ["a size", "5\n"],
  ["an extension", "5;a\n"],
  ["the last chunk", "0\n"],
  ["a trailer", "0\r\na: b\n"],
  ["no trailer", "0\r\n\n"],
];

Deno.test("a line feed without CR is refused as soon as it is there, so that nobody waits for more", async (t) => {
  for (const [what, coded] of BARE) {
    await t.step(`behind ${what}`, () => {
      assert.throws(() => new ChunkedDecoder().decode(bytesOf(coded)), ProtocolError);
    });
  }
});

async function textOf(body: Body): Promise<string> {
  let text = "";
  for (let part = await body.read(); part !== undefined; part = await body.read()) text += latin1(part);
  return text;
}
