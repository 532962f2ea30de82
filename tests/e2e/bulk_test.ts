import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import type { Proxy } from "../support/program.ts";
import { startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const GIB = 2 ** 30;
const PART = 2 ** 16;

/** What the process may grow by, in bytes: buffers of both connections, and garbage not yet collected. */
const ROOM = 96 * 2 ** 20;

testWith(NEEDS, "agentgazer start passes 1 GiB up and down without keeping it", async (t) => {
  await using scene = await startScene(["openai"]);
  const { providers, proxy } = scene;
  providers.recordBodies = false;
  await scene.call("/health");
  const before = await peakMemory(proxy);

  await t.step("down", async () => {
    providers.answer = () => new Response(parts(), { headers: { "content-length": String(GIB) } });
    const answer = await scene.call("/openai/v1/files/f/content");
    assert.equal(await count(answer.body!), GIB);
  });
  await t.step("up", async () => {
    providers.answer = async (request) => Response.json({ bytes: await count(request.body!) });
    const answer = await scene.call("/openai/v1/files", { method: "POST", body: parts() });
    assert.deepEqual(await answer.json(), { bytes: GIB });
  });

  const grown = await peakMemory(proxy) - before;
  assert.ok(grown < ROOM, `the proxy grew by ${Math.round(grown / 2 ** 20)} MiB`);
});

function parts(): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = GIB;
  const part = new Uint8Array(PART).fill(120);
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      controller.enqueue(part.slice());
      left -= PART;
    },
  }, { highWaterMark: 0 });
}

async function count(body: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const part of body) bytes += part.length;
  return bytes;
}

/** The most memory that the process ever had resident, in bytes. */
async function peakMemory({ pid }: Proxy): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}
