import assert from "node:assert/strict";
import fc from "fast-check";
import { chunks } from "../../support/arbitrary_message.ts";
import { forAllAsync } from "../../support/async_property.ts";
import { readBareRequests } from "../../support/http_body.ts";
import { readAnswer, readRequests } from "../../support/http_parsing.ts";

const REQUESTS = [
  "GET / HTTP/1.1\r\nhost: h\r\n\r\n",
  "GET /a?b HTTP/1.0\r\nhost: h\r\nconnection: keep-alive\r\n\r\n",
  "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello",
  "POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\nhello",
  'POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\n0\r\nt: 1\r\n\r\n',
  "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nabGET /b HTTP/1.1\r\nhost: h\r\n\r\n",
];

const ANSWERS = [
  "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\na\r\n0123456789\r\n0\r\nt: 1\r\n\r\n',
  "HTTP/1.0 200 OK\r\n\r\nuntil the end",
  "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
  "HTTP/1.1 304\r\ncontent-length: 5\r\n\r\n",
];

/** What may be spliced into a message. */
const SPLICES = [
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "0\r\n\r\n",
  " ",
  "\t",
  ":",
  ";",
  "\x00",
  "\xff",
  "0",
  "-",
  "+",
  ",",
  "\r\ncontent-length: 3",
  "\r\ntransfer-encoding: chunked",
  "\r\nconnection: close",
  "\r\n folded",
];

type Mutation = (text: string) => string;

const AT = fc.nat(400);

const MUTATION: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(AT, fc.nat(255)).map(([at, byte]): Mutation => (text) => {
    const place = at % text.length;
    return text.slice(0, place) + String.fromCharCode(byte) + text.slice(place + 1);
  }),
  fc.tuple(AT, fc.nat(7)).map(([at, bit]): Mutation => (text) => {
    const place = at % text.length;
    return text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ (1 << bit)) +
      text.slice(place + 1);
  }),
  fc.tuple(AT, fc.constantFrom(...SPLICES)).map(([at, splice]): Mutation => (text) => {
    const place = at % text.length;
    return text.slice(0, place) + splice + text.slice(place);
  }),
  fc.tuple(AT, fc.nat(9)).map(([at, count]): Mutation => (text) => {
    const place = at % text.length;
    return text.slice(0, place) + text.slice(place + count) || text;
  }),
  fc.tuple(AT, AT).map(([at, count]): Mutation => (text) => {
    const place = at % text.length;
    return text.slice(0, place + count % 40) + text.slice(place);
  }),
  AT.map((at): Mutation => (text) => text.slice(0, 1 + at % text.length)),
);

const CUTS = fc.array(fc.nat(200), { maxLength: 8 });
const MUTATIONS = fc.array(MUTATION, { minLength: 1, maxLength: 4 });

// What is thrown and no ProtocolError fails the test, and so does what never ends.
Deno.test("requests that were damaged mean the same however they are split", async () => {
  await forAllAsync(fc.constantFrom(...REQUESTS), MUTATIONS, CUTS, async (text, mutations, cuts) => {
    const damaged = mutations.reduce((text, mutate) => mutate(text), text);
    const whole = await readRequests([damaged]);
    assert.deepEqual(await readRequests(chunks(damaged, cuts)), whole);
    assert.deepEqual(await readRequests([...damaged]), whole);
    const bare = await readBareRequests([damaged]);
    assert.deepEqual(await readBareRequests(chunks(damaged, cuts)), bare);
    assert.deepEqual(await readBareRequests([...damaged]), bare);
  });
});

Deno.test("answers that were damaged mean the same however they are split", async () => {
  const method = fc.constantFrom("GET", "HEAD", "POST");
  await forAllAsync(
    fc.constantFrom(...ANSWERS),
    MUTATIONS,
    CUTS,
    method,
    async (text, mutations, cuts, method) => {
      const damaged = mutations.reduce((text, mutate) => mutate(text), text);
      const whole = await readAnswer(method, [damaged]);
      assert.deepEqual(await readAnswer(method, chunks(damaged, cuts)), whole);
      assert.deepEqual(await readAnswer(method, [...damaged]), whole);
    },
  );
});

Deno.test("a whole message is never read beyond its end, whatever stands there", async () => {
  const whole = REQUESTS.filter((text) => !/1\.0|GET \/b/.test(text));
  await forAllAsync(fc.constantFrom(...whole), fc.string({ unit: "binary-ascii" }), async (text, junk) => {
    const [alone] = (await readRequests([text])).messages;
    const { messages } = await readRequests([text + junk]);
    assert.deepEqual(messages[0], alone);
  });
});
