import type { Provider } from "./table.ts";

/** What a provider's answer says of a credential. */
export interface Verdict {
  readonly result: "valid" | "rejected" | "no-access" | "unreachable" | "unknown";
  readonly detail?: string;
}

/** The URL that shows whether a credential is valid, and costs nothing. @param base where the provider is */
export function checkUrl(provider: Provider, base: string): URL {
  return new URL(provider.check.path, base);
}

/**
 * Judges the answer to the check call. Nothing of the body is repeated: a provider may echo the key.
 *
 * @param body as far as it was read
 */
export function judge(provider: Provider, status: number, body: string): Verdict {
  return JUDGES[provider.id]?.(status, fieldsOf(body)) ?? judgeStatus(status, body);
}

function judgeStatus(status: number, body: string): Verdict {
  // A page comes from something in between, such as a login page or a wall against robots.
  const isJson = /^\s*[{[]/.test(body);
  if (isSuccess(status)) {
    return isJson ? { result: "valid" } : unknown("an answer that is no JSON");
  }
  if (status === 401) return REJECTED;
  if (status === 402) return noAccess("no balance");
  if (status === 403 && !/^\s*</.test(body)) return noAccess("it may not use this service");
  if (status === 429) return unknown("too many requests, or no balance");
  if (status >= 300 && status < 400) return unknown("a redirect, which is not followed");
  return unknown(`status ${status}`);
}

type Judge = (status: number, body: unknown) => Verdict | undefined;

const REJECTED: Verdict = { result: "rejected" };

/** Where the status alone says too little or something else. */
const JUDGES: Readonly<Record<string, Judge>> = {
  google: judgeGoogle,
  cohere: judgeCohere,
  zhipu: (status, body) =>
    judgeZhipu(status, body, "no balance; a Coding Plan key belongs to zhipu-coding-plan"),
  "zhipu-coding-plan": (status, body) => judgeZhipu(status, body, "no plan, or no balance"),
  minimax: judgeMiniMax,
  "minimax-oauth": judgeMiniMax,
};

/** A bad key is a 400 with this reason: https://ai.google.dev/gemini-api/docs/troubleshooting */
function judgeGoogle(status: number, body: unknown): Verdict | undefined {
  const details = at(body, "error", "details");
  const reasons = Array.isArray(details) ? details.map((detail) => at(detail, "reason")) : [];
  return status === 400 && reasons.includes("API_KEY_INVALID") ? REJECTED : undefined;
}

/** https://docs.cohere.com/reference/checkapikey */
function judgeCohere(status: number, body: unknown): Verdict | undefined {
  if (!isSuccess(status)) return undefined;
  const valid = at(body, "valid");
  if (valid === false) return REJECTED;
  return valid === true ? { result: "valid" } : unknown("an answer that does not say whether it is valid");
}

/** Business codes, beside an error status or in place of one: https://docs.bigmodel.cn/cn/faq/api-code */
function judgeZhipu(status: number, body: unknown, unpaid: string): Verdict | undefined {
  const code = codeIn(at(body, "error", "code") ?? at(body, "code"));
  if (code === 401 || code !== undefined && code >= 1000 && code <= 1004) return REJECTED;
  if (code === 1113) return noAccess(unpaid);
  if (code === 1309) return noAccess("the plan has expired");
  if (code === 1308 || code === 1310) {
    return { result: "valid", detail: "the plan's quota is used up for now" };
  }
  const failed = (at(body, "error") ?? undefined) !== undefined || at(body, "success") === false;
  return isSuccess(status) && failed ? unknown("an error") : undefined;
}

/** Older paths answer with status 200 and the outcome in the body. */
function judgeMiniMax(status: number, body: unknown): Verdict | undefined {
  const said = at(body, "base_resp", "status_code");
  const code = codeIn(said);
  if (code === 1004 || code === 2049) return REJECTED;
  if (code === 1008) return noAccess("no balance");
  return isSuccess(status) && (said ?? undefined) !== undefined && code !== 0
    ? unknown("an error")
    : undefined;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function noAccess(detail: string): Verdict {
  return { result: "no-access", detail };
}

function unknown(answer: string): Verdict {
  return { result: "unknown", detail: `the provider answered with ${answer}` };
}

function codeIn(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

function fieldsOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((found, name) => {
    const isObject = typeof found === "object" && found !== null && Object.hasOwn(found, name);
    return isObject ? (found as Record<string, unknown>)[name] : undefined;
  }, value);
}
