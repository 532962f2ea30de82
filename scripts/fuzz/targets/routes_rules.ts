import { PROVIDERS } from "../../../lib/providers/table.ts";

/** Headers that carry a credential, steer a request, or are of one hop: none of them may leave. */
const CARRIERS = new Set([
  "authorization",
  "api-key",
  "cookie",
  "forwarded",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "content-length",
  "via",
  "x-access-token",
  "x-api-key",
  "x-auth-token",
  "x-goog-api-key",
  "x-original-url",
  "x-rewrite-url",
  "x-target-url",
  "xi-api-key",
  "chatgpt-account-id",
  "x-openai-fedramp",
]);

/** Whether a header may not be passed on. */
export function isCarrier(name: string, value: string): boolean {
  return CARRIERS.has(name) || name.startsWith("proxy-") || name.startsWith("x-forwarded-") ||
    name === "connection" && value !== "Upgrade" ||
    name === "sec-websocket-protocol" && /(^|,)\s*openai-insecure-api-key\./.test(value);
}

/** The text, and what it is after somebody takes the percent-encoding off, up to so many times. */
export function* decodedFully(text: string, times = 3): Generator<string> {
  yield text;
  const plain = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  if (times > 0 && plain !== text) yield* decodedFully(plain, times - 1);
}

/** The provider that the path of a request names. */
export function providerNamed(target: string): string | undefined {
  const parts = target.split("?")[0]!.split("/");
  const at = parts[1] === "agents" ? 3 : 1;
  return parts.length > at + 1 ? PROVIDERS.find(({ id }) => id === parts[at])?.id : undefined;
}
