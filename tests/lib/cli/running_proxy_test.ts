import assert from "node:assert/strict";
import { isProxy } from "../../../lib/cli/running_proxy.ts";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";

const never = () => new Promise<void>(() => {});

/** A program on the usual port that says this in small pieces, and then ends unless it stays. */
function program(says: string, stays = false) {
  const bytes = new TextEncoder().encode(says);
  let at = 0;
  const stream = {
    received: "",
    isClosed: false,
    read(buffer: Uint8Array): Promise<number | null> {
      const piece = bytes.subarray(at, at + Math.min(buffer.length, 100));
      if (at === bytes.length) return stays ? new Promise(() => {}) : Promise.resolve(null);
      buffer.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
    write(sent: Uint8Array): Promise<number> {
      stream.received += new TextDecoder().decode(sent);
      return Promise.resolve(sent.length);
    },
    closeWrite: () => Promise.resolve(),
    close: () => void (stream.isClosed = true),
  };
  return stream;
}

const HEALTH =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"status":"ok","version":"1","uptime_ms":1}';

const ANSWERS: [what: string, says: string, is: boolean][] = [
  ["our own", HEALTH, true],
  ["nothing", "", false],
  ["another program's", "HTTP/1.1 200 OK\r\n\r\n<!doctype html>", false],
  ["another program's health", 'HTTP/1.1 200 OK\r\n\r\n{"status":"ok"}', false],
  ["a status that is none", HEALTH.replace('"ok"', "true"), false],
  ["no object", "HTTP/1.1 200 OK\r\n\r\nnull", false],
  ["what is no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", false],
  ["without an end of its head", "HTTP/1.1 200 OK\r\n" + "x".repeat(9000), false],
];

Deno.test("isProxy() knows the proxy by its health, and sends it nothing that is worth anything", async (t) => {
  for (const [what, says, is] of ANSWERS) {
    await t.step(what, async () => {
      const stream = program(says);
      assert.equal(await isProxy({ connect: () => Promise.resolve(stream), sleep: never }, 18900), is);
      const asked = "GET /health HTTP/1.1\r\nhost: 127.0.0.1:18900\r\nconnection: close\r\n\r\n";
      assert.equal(stream.received, asked);
      assert.ok(stream.isClosed);
    });
  }
  await t.step("a program that says nothing is not waited for", async () => {
    const stream = program("", true);
    const at: number[] = [];
    const sleep = (milliseconds: number) => Promise.resolve(void at.push(milliseconds));
    assert.equal(await isProxy({ connect: () => Promise.resolve(stream), sleep }, 18900), false);
    assert.deepEqual([at, stream.isClosed], [[1000], true]);
  });
  await t.step("nobody", async () => {
    const connect = () => Promise.reject(new Deno.errors.ConnectionRefused("x"));
    assert.equal(await isProxy({ connect, sleep: never }, 18900), false);
  });
});

/** Where the vault's folder can't be written to, the proxy that runs there leaves no word of itself. */
Deno.test("a proxy that nothing is written of is seen on the usual port", async (t) => {
  const ports: number[] = [];
  const options: CommandOptions = {
    connect(port) {
      ports.push(port);
      return Promise.resolve(program(HEALTH));
    },
    onServe() {
      throw new Deno.errors.AddrInUse("taken");
    },
    upstream: () => Promise.resolve(new Response()),
  };
  using box = commandLine();
  await box.run(["providers", "set", "openai", "k-1"]);
  const rows: [args: string, code: number, says: RegExp][] = [
    ["", 0, /^Proxy: {7}listens on http:\/\/127\.0\.0\.1:18900, perhaps for another vault$/m],
    ["env", 0, /^agentgazer: the proxy at http:\/\/127\.0\.0\.1:18900 may be of another vault\n$/m],
    ["start", 7, /18900: agentgazer runs there already, perhaps for another vault\n.*: if it is yours:/],
    ["doctor", 0, /^ok {6}port: a proxy, perhaps of another vault, runs at http:\/\/127\.0\.0\.1:18900$/m],
  ];
  for (const [args, code, says] of rows) {
    await t.step(args, async () => {
      const result = await box.run(args.split(" ").filter(Boolean), options);
      assert.equal(result.code, code, result.err);
      assert.match(result.out + result.err, says);
    });
  }
  assert.deepEqual(new Set(ports), new Set([18900]));
});
