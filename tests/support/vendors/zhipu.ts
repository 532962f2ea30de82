import { bearerOf, type Call, type Desk, makeDesk, type Region } from "./desk.ts";
import { makeSecretList } from "./issued.ts";

/** What can be trapped and is counted, in both regions together. */
export type ZhipuEndpoint = "models" | "completions";

/** Stands in for the Coding Plan's API at api.z.ai and open.bigmodel.cn. */
export interface Zhipu extends Desk<ZhipuEndpoint> {
  /** Whether keys have a plan; a test changes it at any time. */
  readonly settings: { hasPlan: boolean };
  /** Makes a key of a region: `global` is z.ai, `cn` is bigmodel.cn. */
  makeKey(region: Region): string;
  /** Takes a key back. */
  revokeKey(key: string): void;
  /** The keys that were made. */
  secrets(): string[];
}

/** The hosts that it answers for. */
export const ZHIPU_HOSTS: readonly string[] = ["api.z.ai", "open.bigmodel.cn"];

/** Makes one that knows no key. */
export function makeZhipu(): Zhipu {
  const settings = { hasPlan: true };
  const secrets = makeSecretList();
  const regions = new Map<string, Region>();

  function refuse(call: Call): Response | undefined {
    const region = call.url.host === "api.z.ai" ? "global" : "cn";
    const key = bearerOf(call);
    if (key === undefined) return error(401, "1001", "Header中未收到Authorization参数,无法进行身份验证。");
    if (regions.get(key) !== region) return error(401, "1001", "Authentication Failed");
    if (!settings.hasPlan) return error(429, "1113", "Insufficient balance or no resource package.");
    return undefined;
  }

  const desk = makeDesk<ZhipuEndpoint>({
    "GET api.z.ai/api/coding/paas/v4/models": "models",
    "GET open.bigmodel.cn/api/coding/paas/v4/models": "models",
    "POST api.z.ai/api/coding/paas/v4/chat/completions": "completions",
    "POST open.bigmodel.cn/api/coding/paas/v4/chat/completions": "completions",
  }, {
    models: (call) =>
      refuse(call) ?? Response.json({ object: "list", data: [{ id: "glm-4.6", object: "model" }] }),
    completions: (call) =>
      refuse(call) ??
        new Response(EVENTS.map((data) => `data: ${data}\n\n`).join(""), {
          headers: { "content-type": "text/event-stream" },
        }),
  });
  return {
    ...desk,
    settings,
    makeKey(region) {
      // 32 hexadecimal digits, a dot, and the secret behind it.
      const id = crypto.getRandomValues(new Uint8Array(16)).toHex();
      const key = secrets.issue("key", `${id}.`);
      regions.set(key, region);
      return key;
    },
    revokeKey: (key) => void regions.delete(key),
    secrets: () => secrets.list(),
  };
}

function error(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}

const CHUNK = { id: "stand-in", object: "chat.completion.chunk", model: "glm-4.6" };
const EVENTS = [
  JSON.stringify({ ...CHUNK, choices: [{ index: 0, delta: { role: "assistant", content: "Hello" } }] }),
  JSON.stringify({ ...CHUNK, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
  "[DONE]",
];
