import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, testWith } from "../support/needs.ts";
import type { Received } from "../support/providers.ts";
import { canaryKey, type Scene, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** What the provider answers to each kind of call. */
interface Script {
  readonly plain: unknown;
  readonly events: readonly (readonly [event: string | undefined, data: unknown])[];
  readonly failure: unknown;
}

const OPENAI: Script = {
  plain: {
    id: "c1",
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content: "hello" } }],
  },
  events: [
    [undefined, { id: "c1", choices: [{ index: 0, delta: { content: "hel" } }] }],
    [undefined, { id: "c1", choices: [{ index: 0, delta: { content: "lo" } }] }],
  ],
  failure: { error: { message: "too many", type: "rate_limit", code: "rate" } },
};

const ANTHROPIC: Script = {
  plain: { id: "m1", type: "message", role: "assistant", content: [{ type: "text", text: "hello" }] },
  events: [
    ["message_start", { type: "message_start", message: { id: "m1", content: [], usage: {} } }],
    ["content_block_start", {
      type: "content_block_start",
      index: 0,
      content_block: { type: "text", text: "" },
    }],
    ["content_block_delta", {
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: "hel" },
    }],
    ["content_block_delta", {
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: "lo" },
    }],
    ["message_stop", { type: "message_stop" }],
  ],
  failure: { type: "error", error: { type: "rate_limit_error", message: "too many" } },
};

const GOOGLE: Script = {
  plain: { candidates: [{ content: { role: "model", parts: [{ text: "hello" }] } }] },
  events: [
    [undefined, { candidates: [{ content: { parts: [{ text: "hel" }] } }] }],
    [undefined, { candidates: [{ content: { parts: [{ text: "lo" }] } }] }],
  ],
  failure: { error: { code: 429, message: "too many", status: "RESOURCE_EXHAUSTED" } },
};

const ROWS: [id: string, header: string, prefix: string, script: Script][] = [
  ["openai", "authorization", "Bearer ", OPENAI],
  ["anthropic", "x-api-key", "", ANTHROPIC],
  ["google", "x-goog-api-key", "", GOOGLE],
];

testWith(NEEDS, "the vendors' SDKs work with what agentgazer env prints, and nothing else", async (t) => {
  await using scene = await startScene(ROWS.map(([id]) => id));
  for (const [id, header, prefix, script] of ROWS) {
    await t.step(id, async () => {
      play(scene, script);
      scene.providers.received.length = 0;
      const result = await runSdk(scene, id);
      assert.equal(result.plain, "hello");
      assert.deepEqual(result.parts, ["hel", "lo"]);
      assert.equal(result.typed, true, result.message);
      assert.match(result.message, /too many/);
      assert.equal(scene.providers.received.length, 3);
      for (const received of scene.providers.received) {
        assert.equal(received.headers.get(header), prefix + canaryKey(id));
        assertNoToken(received, scene.token);
      }
    });
  }
});

testWith(
  NEEDS,
  "the vendors' SDKs raise their typed error with our message when no key is stored",
  async (t) => {
    await using scene = await startScene([]);
    for (const [id] of ROWS) {
      await t.step(id, async () => {
        const { code, stderr } = await sdkProcess(scene, id);
        assert.notEqual(code, 0);
        assert.match(stderr, new RegExp(`agentgazer providers set ${id}`));
        assert.match(stderr, /401/);
        assert.equal(scene.providers.received.length, 0);
      });
    }
  },
);

function play({ providers }: Scene, { plain, events, failure }: Script): void {
  providers.answer = (request) => {
    const { body, target } = providers.received.at(-1)!;
    const asked = new TextDecoder().decode(body) + target;
    if (request.headers.get("content-type")?.startsWith("application/json") !== true) {
      return new Response(null);
    }
    if (/fail/.test(asked)) return Response.json(failure, { status: 429 });
    if (!/stream/i.test(asked)) return Response.json(plain);
    const text = events.map(([event, data]) =>
      `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`
    ).join("");
    return new Response(text, { headers: { "content-type": "text/event-stream" } });
  };
}

async function runSdk(scene: Scene, id: string) {
  const { code, stdout, stderr } = await sdkProcess(scene, id);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

/** Runs the SDK in a process whose environment is what `agentgazer env` prints for it. */
async function sdkProcess(scene: Scene, id: string) {
  const env = await scene.box.run(["env", "--shell", "json", "--provider", id]);
  const cache = Deno.env.get("DENO_DIR") ??
    join(Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME")!, ".cache"), "deno");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--cached-only", join(ROOT, "tests", "e2e", "sdk", `${id}.ts`)],
    clearEnv: true,
    env: { ...JSON.parse(env.stdout), DENO_DIR: cache, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

function assertNoToken({ headers, target }: Received, token: string): void {
  for (const [name, value] of headers) assert.ok(!value.includes(token), `the local token is in ${name}`);
  assert.ok(!target.includes(token), "the local token is in the URL");
}
