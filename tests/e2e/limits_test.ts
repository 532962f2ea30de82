import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import type { Proxy } from "../support/program.ts";
import { rawRequest, sendRaw } from "../support/raw.ts";
import { overBytes, startRawScene, type Upstream } from "../support/raw_provider.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** How long the connections may take to be closed, in milliseconds. */
const LIMIT = 20_000;

/** Runs it with the soft limit of descriptors that macOS has. */
const FEW = { wrapper: ["sh", "-c", 'ulimit -Sn 256 && exec "$@"', "sh"] };

async function openIn(proxy: Proxy): Promise<number> {
  let count = 0;
  for await (const _ of Deno.readDir(`/proc/${proxy.pid}/fd`)) count++;
  return count;
}

/** Resolves when no more than so many descriptors are open, of which another process is not told. */
async function closed(proxy: Proxy, most: number): Promise<void> {
  const end = performance.now() + LIMIT;
  while (await openIn(proxy) > most) {
    assert.ok(performance.now() < end, "descriptors stay open");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

testWith(NEEDS, "with 256 descriptors, what is too much is told so, and the rest is served", async () => {
  await using scene = await startRawScene();
  const { box, token } = scene;
  const other = (await box.run(["clients", "add", "other"])).stdout.trim();
  await using proxy = await box.start([], FEW);
  const idle = await openIn(proxy);

  async function ask(key: string): Promise<Upstream> {
    const client = overBytes(await Deno.connect({ port: proxy.port }));
    const host = `127.0.0.1:${proxy.port}`;
    await client.send(rawRequest("GET /openai/v1/x", { host, "x-api-key": key }));
    return client;
  }

  /** Asks until one request is refused, and gives what says so. The others wait for their provider. */
  async function fill(key: string): Promise<string> {
    for (let count = 0; count < 300; count++) {
      const client = await ask(key);
      const refused = client.received(/\r\n\r\n.+$/);
      coming ??= scene.next();
      const upstream = await Promise.race([coming, refused.then(() => undefined)]);
      if (upstream === undefined) return await refused;
      coming = undefined;
      refused.catch(() => {});
      clients.push(client);
      upstreams.push(upstream);
    }
    throw new Error("nothing was refused");
  }

  /** The next connection at the provider; a refused request makes none. */
  let coming: Promise<Upstream> | undefined;
  const clients: Upstream[] = [];
  const upstreams: Upstream[] = [];
  const tooMany = await fill(token);
  assert.match(tooMany, /^HTTP\/1\.1 429 [^]*retry-after: 1\r\n[^]*"code":"too_many_requests"/);
  const ofOne = clients.length;
  assert.ok(ofOne >= 40, String(ofOne));
  const overloaded = await fill(other);
  assert.match(overloaded, /^HTTP\/1\.1 503 [^]*retry-after: 1\r\n[^]*"code":"overloaded"/);
  assert.ok(clients.length > ofOne && await openIn(proxy) < 250);

  for (const upstream of upstreams) await upstream.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  for (const client of clients) assert.match(await client.received(/ok$/), /^HTTP\/1\.1 200 /);
  for (const client of clients) client.close();
  for (const upstream of upstreams) upstream.close();
  const answer = await sendRaw(
    proxy.port,
    rawRequest("GET /health", { host: `127.0.0.1:${proxy.port}` }),
  );
  assert.equal(answer.status, 200);
  coming?.catch(() => {});
  await closed(proxy, idle + 2);
  assert.doesNotMatch(proxy.log(), /error: |bug/);
});

testWith(NEEDS, "what a client does wrong with its body is told to it", async (t) => {
  await using scene = await startRawScene();
  const { port } = scene.proxy;
  const head = `POST /openai/v1/x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nx-api-key: ${scene.token}\r\n`;
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  const rows: [name: string, request: string, status: number, reaches: boolean][] = [
    ["too long by what it says", `${head}Content-Length: 4294967297\r\n\r\n`, 413, false],
    ["too long by far", `${head}Content-Length: 999999999999999\r\n\r\nx`, 413, false],
    ["no size", `${chunked}x\r\n`, 400, true],
    ["a size that overflows", `${chunked}ffffffffffffffff\r\n`, 400, true],
    ["no end of a chunk", `${chunked}1\r\nabc\r\n`, 400, true],
    ["a folded trailer", `${chunked}0\r\na: b\r\n c\r\n\r\n`, 400, true],
  ];
  for (const [name, request, status, reaches] of rows) {
    await t.step(`${name}: ${status}`, async () => {
      const before = scene.count;
      const answer = await sendRaw(port, request);
      assert.equal(answer.status, status, answer.head);
      if (!reaches) assert.equal(scene.count, before);
    });
  }
});
