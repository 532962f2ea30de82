import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { startScene } from "../support/scene.ts";
import { statusesOf, WEBSOCKET } from "../support/web_page_refusal.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const HIDDEN = "/openai/v1/smuggled";

testWith(
  NEEDS,
  "a request in the body of another is never answered, whatever became of that one",
  async (t) => {
    await using scene = await startScene(["openai"]);
    const { proxy: { port }, providers, token } = scene;
    const own = `host: 127.0.0.1:${port}\r\n`;
    const key = `x-api-key: ${token}\r\n`;
    const hidden = `GET ${HIDDEN} HTTP/1.1\r\n${own}${key}\r\n`;
    const last = `GET /health HTTP/1.1\r\n${own}connection: close\r\n\r\n`;
    const post = "POST /openai/v1/responses HTTP/1.1\r\n";
    const upgrade = Object.entries({ connection: "Upgrade", ...WEBSOCKET }).map(([name, value]) =>
      `${name}: ${value}\r\n`
    ).join("");
    const heads: [what: string, head: string, status: number][] = [
      ["another host", `${post}host: attacker.test\r\n${key}`, 421],
      ["a page", `${post}${own}${key}origin: https://attacker.test\r\n`, 403],
      ["a page's text", `${post}${own}${key}sec-fetch-site: cross-site\r\ncontent-type: text/plain\r\n`, 403],
      ["no token", `${post}${own}`, 401],
      ["a wrong token", `${post}${own}x-api-key: agz_wrong\r\n`, 401],
      ["no route", `POST /nowhere HTTP/1.1\r\n${own}${key}`, 404],
      ["a provider without a credential", `POST /anthropic/v1/messages HTTP/1.1\r\n${own}${key}`, 401],
      [
        "a target that is refused",
        `POST / HTTP/1.1\r\n${own}${key}x-target-url: https://attacker.test/\r\n`,
        403,
      ],
      ["a GET with a body", `GET /openai/v1/models HTTP/1.1\r\n${own}${key}`, 400],
      ["CONNECT", `CONNECT api.openai.com:443 HTTP/1.1\r\n${own}${key}`, 421],
      [
        "a WebSocket of a page",
        `GET /openai/v1/realtime HTTP/1.1\r\n${own}${key}origin: null\r\n${upgrade}`,
        403,
      ],
      ["a WebSocket without a token", `GET /openai/v1/realtime HTTP/1.1\r\n${own}${upgrade}`, 401],
    ];
    const chunk = hidden.length.toString(16);
    const bodies: [what: string, framing: string, body: string][] = [
      ["of a length", `content-length: ${hidden.length}\r\n`, hidden],
      ["of a length, twice", `content-length: ${2 * hidden.length}\r\n`, hidden + hidden],
      ["that is asked for", `content-length: ${hidden.length}\r\nexpect: 100-continue\r\n`, hidden],
      ["in chunks", "transfer-encoding: chunked\r\n", `${chunk}\r\n${hidden}\r\n0\r\n\r\n`],
      ["in a trailer", "transfer-encoding: chunked\r\n", `0\r\nx: ${HIDDEN}\r\n\r\n`],
      ["behind a size that is none", "transfer-encoding: chunked\r\n", `x\r\n${hidden}0\r\n\r\n`],
      ["behind a size with a sign", "transfer-encoding: chunked\r\n", `-1\r\n${hidden}0\r\n\r\n`],
      ["behind a size that overflows", "transfer-encoding: chunked\r\n", `FFFFFFFFFFFFFFFFF\r\n${hidden}`],
      ["behind a size of 2^64", "transfer-encoding: chunked\r\n", `10000000000000000\r\n\r\n${hidden}`],
      ["behind a chunk that is longer", "transfer-encoding: chunked\r\n", `1\r\nab\r\n0\r\n\r\n${hidden}`],
      ["behind a bare LF", "transfer-encoding: chunked\r\n", `0\n\n${hidden}`],
      ["behind an extension with LF", "transfer-encoding: chunked\r\n", `0;a\nb\r\n\r\n${hidden}`],
    ];
    for (const [what, head, status] of heads) {
      for (const [where, framing, body] of bodies) {
        await t.step(`${what}, ${where}`, async () => {
          providers.received.length = 0;
          const [first, ...others] = await statusesOf(port, `${head}${framing}\r\n${body}${last}`);
          assert.equal(first, status);
          // Either the connection was closed, or the next request is the one behind the body.
          assert.ok(others.length === 0 || others.length === 1 && others[0] === 200, String(others));
          assert.deepEqual(providers.received, []);
        });
      }
    }
    for (const [where, framing, body] of bodies) {
      await t.step(`a request that is let in, ${where}`, async () => {
        providers.received.length = 0;
        const statuses = await statusesOf(port, `${post}${own}${key}${framing}\r\n${body}${last}`);
        assert.ok(statuses.length <= 3, String(statuses));
        assert.ok(!providers.received.some(({ target }) => target === HIDDEN.replace("/openai", "")));
      });
    }
  },
);
