import assert from "node:assert/strict";
import { join } from "node:path";
import { testWith } from "../support/needs.ts";
import { makeBox } from "../support/program.ts";
import { rawRequest, sendRaw } from "../support/raw.ts";
import { startRawScene } from "../support/raw_provider.ts";
import { canaryKey } from "../support/scene.ts";
import { WEBSOCKET } from "../support/web_page_refusal.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
/** Asks for a WebSocket. */
const UPGRADE = { ...WEBSOCKET, connection: "Upgrade" };
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const HEAD = "HTTP/1.1 200 OK\r\n";

/** What a provider says before it hangs up, and the status that the client gets: 200 for an answer that breaks off, and 0 for one that does so at once. */
const FAULTS: [what: string, said: string, status: number, message?: RegExp][] = [
  ["nothing", "", 502, /the connection broke off/],
  ["half a status line", "HTTP/1.", 502, /breaks off in its head/],
  ["half a head", `${HEAD}content-le`, 502, /breaks off in its head/],
  ["garbage", "\x16\x03\x01 hello\r\n\r\n", 502, /valid HTTP/],
  ["another protocol", "SSH-2.0-OpenSSH_9.9\r\n\r\n", 502, /valid HTTP/],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 502, /valid HTTP/],
  ["a folded line", `${HEAD}a: b\r\n c\r\n\r\n`, 502, /valid HTTP/],
  ["two lengths", `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, 502, /valid HTTP/],
  [
    "a length and chunks",
    `${HEAD}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    502,
    /valid/,
  ],
  ["an endless head", `${HEAD}a: ${"x".repeat(70_000)}`, 502, /valid HTTP/],
  ["endless early answers", "HTTP/1.1 100 Continue\r\n\r\n".repeat(20), 502, /not asked for/],
  ["an impossible status", "HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n", 502, /status 999/],
  ["half a body", `${HEAD}content-length: 10\r\n\r\nhalf`, 200],
  ["half a chunk", `${HEAD}transfer-encoding: chunked\r\n\r\n5\r\nab`, 200],
  ["no last chunk", `${HEAD}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n`, 200],
  ["a malformed chunk", `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\nab`, 0],
];

testWith(NEEDS, "whatever a provider does is a clear answer, and the next request is served", async (t) => {
  await using scene = await startRawScene();
  const { port } = scene.proxy;
  const ask = rawRequest("GET /openai/v1/x", { host: `127.0.0.1:${port}`, "x-api-key": scene.token });
  for (const [what, said, status, message] of FAULTS) {
    await t.step(what, async () => {
      const answering = sendRaw(port, ask);
      const upstream = await scene.next();
      await upstream.received(/\r\n\r\n$/);
      await upstream.send(said).catch(() => {});
      upstream.close();
      const { status: got, head, body } = await answering;
      assert.equal(got, status, head);
      if (message !== undefined) assert.match(JSON.parse(body).error.message, message);
      else assert.ok(!/0\r\n\r\n$/.test(body) && body.length < 10, "it looks whole");
      const next = sendRaw(port, ask);
      const other = await scene.next();
      await other.received(/\r\n\r\n$/);
      await other.send(OK);
      assert.deepEqual([(await next).status, (await next).body], [200, "ok"]);
      other.close();
    });
  }
});

testWith(NEEDS, "a provider that can't be reached is a 502 that says why", async (t) => {
  const rows: [what: string, hosts: string, message: RegExp][] = [
    ["no name", "", /its name could not be resolved/],
    ["nobody there", "127.99.98.97 api.openai.com\n", /it refused the connection/],
  ];
  for (const [what, hosts, message] of rows) {
    await t.step(what, async () => {
      const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
      const hostsFile = join(folder, "hosts");
      await Deno.writeTextFile(hostsFile, `127.0.0.1 localhost\n${hosts}`);
      await Deno.writeTextFile(join(folder, "none.pem"), "");
      await using box = await makeBox({ hostsFile, authority: join(folder, "none.pem") }, folder);
      await box.run(["providers", "set", "openai"], { stdin: canaryKey("openai") });
      await using proxy = await box.start();
      const env = await box.run(["env", "--shell", "json", "--provider", "openai"]);
      const key: string = JSON.parse(env.stdout).OPENAI_API_KEY;
      for (const [upgrade, says] of [[{}, message], [UPGRADE, /could not be reached directly/]] as const) {
        const fields = { host: `127.0.0.1:${proxy.port}`, "x-api-key": key, ...upgrade };
        const answer = await sendRaw(proxy.port, rawRequest("GET /openai/v1/models", fields));
        assert.equal(answer.status, 502, answer.head);
        assert.match(JSON.parse(answer.body).error.message, says);
        assert.ok(!answer.body.includes(canaryKey("openai").slice(0, 20)));
      }
    });
  }
});
