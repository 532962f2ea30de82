import assert from "node:assert/strict";
import { commandLine } from "../../support/command_line.ts";
import { endlessBody, fakeUpstream } from "../../support/fake_upstream.ts";

const never = () => new Promise<Response>(() => {});
const LATE = "it did not answer within ten seconds";

Deno.test("providers test gives each call ten seconds, to the end of the answer", async (t) => {
  const rows: [name: string, answer: () => Response | Promise<Response>][] = [
    ["no answer", never],
    ["a head whose body never comes", () => new Response(new ReadableStream())],
    ["a body that never ends", () => new Response(endlessBody("{"))],
  ];
  for (const [name, answer] of rows) {
    await t.step(name, async () => {
      using line = commandLine();
      await line.run(["providers", "set", "openai"], { stdin: ["key"] });
      const slept: number[] = [];
      const fake = fakeUpstream(answer);
      const sleep = async (milliseconds: number) => {
        slept.push(milliseconds);
        // Only once the call is under way.
        for (let i = 0; i < 20; i++) await Promise.resolve();
      };
      const { code, out } = await line.run(["providers", "test", "--json"], {
        ...fake,
        upstream: fake.upstream,
        sleep,
      });
      assert.deepEqual(JSON.parse(out), [{ id: "openai", result: "unreachable", detail: LATE }]);
      assert.equal(code, 7);
      assert.deepEqual(slept, [10_000]);
      assert.ok(fake.calls[0]!.signal.aborted);
    });
  }
});

Deno.test("providers test ends with every call broken off, also one that was answered", async () => {
  using line = commandLine();
  await line.run(["providers", "set", "openai"], { stdin: ["key"] });
  const fake = fakeUpstream(() => Response.json({}));
  assert.equal((await line.run(["providers", "test"], fake)).code, 0);
  assert.ok(fake.calls[0]!.signal.aborted);
});

Deno.test("providers test reads no more of an answer than it looks at", async () => {
  using line = commandLine();
  await line.run(["providers", "set", "openai"], { stdin: ["key"] });
  let read = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      controller.enqueue(read === 0 ? new TextEncoder().encode("{") : new Uint8Array(1024).fill(32));
      read += 1024;
    },
    cancel: () => void (cancelled = true),
  });
  const { code } = await line.run(["providers", "test"], {
    upstream: () => Promise.resolve(new Response(body)),
  });
  assert.equal(code, 0);
  assert.ok(cancelled);
  assert.ok(read <= 70_000, `${read}`);
});

Deno.test("providers test calls all providers before the first has answered", async () => {
  using line = commandLine();
  const ids = ["openai", "anthropic", "mistral", "cohere", "yi"];
  for (const id of ids) await line.run(["providers", "set", id], { stdin: ["key"] });
  const all = Promise.withResolvers<void>();
  const fake = fakeUpstream(async (_, count) => {
    if (count === ids.length) all.resolve();
    await all.promise;
    return Response.json({ valid: true });
  });
  const { code, out } = await line.run(["providers", "test"], fake);
  assert.equal(code, 0);
  assert.deepEqual(out.match(/^\w+/gm), ids);
});

Deno.test("providers test believes a rejection whose body breaks off", async (t) => {
  const rows: [status: number, beginning: string, code: number][] = [
    [401, "", 3],
    [401, '{"error":', 3],
    [403, '{"error":', 3],
    [500, '{"error":', 7],
    [200, "", 7],
  ];
  for (const [status, beginning, code] of rows) {
    await t.step(`${status} ${beginning} is ${code}`, async () => {
      using line = commandLine();
      await line.run(["providers", "set", "openai"], { stdin: ["key"] });
      const pieces = beginning === "" ? [] : [new TextEncoder().encode(beginning)];
      const body = new ReadableStream({
        pull(controller) {
          const piece = pieces.shift();
          if (piece === undefined) controller.error(new Error("reset"));
          else controller.enqueue(piece);
        },
      });
      const { upstream } = fakeUpstream(() => new Response(body, { status }));
      assert.equal((await line.run(["providers", "test"], { upstream })).code, code);
    });
  }
});

Deno.test("providers test takes no answer that breaks off for a success, and a refusal for one", async (t) => {
  const breaks = (beginning: string) =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(beginning)),
      pull: (controller) => controller.error(new Error("reset")),
    });
  const rows: [status: number, beginning: string, result: string, code: number][] = [
    [200, '{"base_resp":{"status_code":2049,"sta', "unreachable", 7],
    [200, "", "unreachable", 7],
    [201, "{", "unreachable", 7],
    [401, '{"err', "rejected", 3],
    [403, "{", "no-access", 3],
    [500, "", "unknown", 7],
  ];
  for (const [status, beginning, result, code] of rows) {
    await t.step(`${status} ${beginning}`, async () => {
      using line = commandLine();
      await line.run(["providers", "set", "mistral"], { stdin: ["key"] });
      const fake = fakeUpstream(() => new Response(breaks(beginning), { status }));
      const run = await line.run(["providers", "test", "--json"], fake);
      assert.equal(JSON.parse(run.out)[0].result, result);
      assert.equal(run.code, code);
    });
  }
});
