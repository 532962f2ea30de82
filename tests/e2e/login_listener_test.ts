import assert from "node:assert/strict";
import {
  beginLogin,
  browserScene,
  busyPort,
  freed,
  listeningOn,
  storedIn,
  visit,
} from "../support/browser_login.ts";
import { testWith } from "../support/needs.ts";
import { rawRequest } from "../support/raw.ts";
import { makeHang } from "../support/vendors/faults.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const HEAD = "GET /auth/callback HTTP/1.1\r\nhost: localhost:1455\r\n";

testWith(NEEDS, "a login listens on loopback alone, and a browser may take either address", async (t) => {
  await using scene = await browserScene();
  for (const hostname of ["127.0.0.1", "::1", "localhost"]) {
    await t.step(hostname, async () => {
      await using login = await beginLogin(scene);
      assert.deepEqual(listeningOn(1455), ["127.0.0.1", "::1"]);
      assert.deepEqual(listeningOn(1457), []);
      assert.equal((await visit(scene.codex.approve(login.url), hostname)).status, 200);
      assert.equal((await login.ended).code, 0);
      assert.deepEqual(listeningOn(1455), []);
    });
  }
});

/** What is sent on connections that then wait: the first kind is a browser's spare connection. */
const UNFINISHED: Readonly<Record<string, string>> = {
  "nothing": "",
  "half a line": "GET /auth/callb",
  "half a head": HEAD,
  "half a head, with the right address": HEAD.replace("callback", "callback?%q"),
  "half a body": `${HEAD.replace("GET", "POST")}content-length: 1000\r\n\r\nhalf`,
  "half a chunk": `${HEAD.replace("GET", "POST")}transfer-encoding: chunked\r\n\r\n5\r\nabc`,
  "requests whose answers nobody reads": `${HEAD}\r\n`.repeat(50),
  "the beginning of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "the beginning of TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
};

testWith(NEEDS, "connections that nobody uses do not keep a login from ending", async (t) => {
  await using scene = await browserScene();
  const { nothing, ...others } = UNFINISHED;
  for (const [name, texts] of Object.entries({ nothing: [nothing!], others: Object.values(others) })) {
    await t.step(name, async () => {
      await using login = await beginLogin(scene);
      const right = scene.codex.approve(login.url);
      const query = new URL(right).search.slice(1);
      using _connections = await connectMany(texts.map((text) => text.replace("%q", query)));
      const { status } = await visit(right);
      const { code, stderr } = await login.ended;
      assert.deepEqual([status, code], [200, 0], stderr);
      await freed(1455);
    });
  }
});

testWith(NEEDS, "a browser that does not wait for the page does not end the login", async () => {
  await using scene = await browserScene();
  const hang = makeHang();
  scene.codex.traps.exchange = hang.fault;
  await using login = await beginLogin(scene);
  const { host, pathname, search } = new URL(scene.codex.approve(login.url));
  const browser = await Deno.connect({ hostname: "127.0.0.1", port: 1455 });
  await browser.write(new TextEncoder().encode(rawRequest(`GET ${pathname}${search}`, { host })));
  await hang.arrived;
  browser.close();
  hang.release();
  const { code, stderr } = await login.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
});

testWith(NEEDS, "a port that another program uses is passed over", async (t) => {
  await using scene = await browserScene();
  const { codex } = scene;
  const rows: [name: string, addresses: string[]][] = [
    ["on both addresses", ["127.0.0.1", "::1"]],
    ["on 127.0.0.1 alone", ["127.0.0.1"]],
    ["on ::1 alone", ["::1"]],
    ["on every address", ["0.0.0.0"]],
  ];
  for (const [name, addresses] of rows) {
    await t.step(`${name}: 1457 is used`, async () => {
      using _busy = busyPort(1455, addresses);
      await using login = await beginLogin(scene);
      assert.equal(
        new URL(login.url).searchParams.get("redirect_uri"),
        "http://localhost:1457/auth/callback",
      );
      assert.deepEqual(listeningOn(1457), ["127.0.0.1", "::1"]);
      assert.deepEqual(listeningOn(1455), addresses);
      const { status } = await visit(codex.approve(login.url));
      const { code, stderr } = await login.ended;
      assert.deepEqual([status, code], [200, 0], stderr);
      await freed(1457);
    });
  }
});

testWith(NEEDS, "without a port a login fails at once, and says what to do", async (t) => {
  await using scene = await browserScene();
  const rows: [name: string, on1455: string[], on1457: string[]][] = [
    ["both are used", ["127.0.0.1", "::1"], ["127.0.0.1", "::1"]],
    ["each on one address", ["127.0.0.1"], ["::1"]],
    ["each on the other address", ["::1"], ["127.0.0.1"]],
  ];
  for (const [name, on1455, on1457] of rows) {
    await t.step(name, async () => {
      using _first = busyPort(1455, on1455);
      using _second = busyPort(1457, on1457);
      const { code, stdout, stderr } = await scene.box.run(["login", "openai-oauth"]);
      assert.deepEqual([code, stdout], [7, ""]);
      assert.match(stderr, /error: Cannot listen on localhost, port 1455 or 1457: other programs use them/);
      assert.match(stderr, /\n.*hint: .*agentgazer login openai-oauth --device\n$/);
      assert.doesNotMatch(stderr, /https:|browser/);
    });
  }
  await t.step("a login that waits is such a program, twice", async () => {
    await using first = await beginLogin(scene);
    await using second = await beginLogin(scene);
    assert.deepEqual([first.port, second.port], [1455, 1457]);
    assert.equal((await scene.box.run(["login", "openai-oauth"])).code, 7);
    assert.equal((await visit(scene.codex.approve(second.url))).status, 200);
    assert.equal((await visit(scene.codex.approve(first.url))).status, 200);
  });
  assert.equal(scene.codex.counts.exchange, 2);
});

/** Opens three connections for each of these texts to each address of the listener, and sends it on each. */
async function connectMany(texts: readonly string[]): Promise<Disposable> {
  const connections: Deno.TcpConn[] = [];
  for (const text of texts) {
    for (const hostname of ["127.0.0.1", "::1"].flatMap((one) => [one, one, one])) {
      const connection = await Deno.connect({ hostname, port: 1455 });
      connections.push(connection);
      await connection.write(Uint8Array.from(text, (char) => char.charCodeAt(0)));
    }
  }
  return { [Symbol.dispose]: () => connections.forEach((connection) => connection.close()) };
}
