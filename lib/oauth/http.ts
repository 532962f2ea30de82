import { customFetch } from "oauth4webapi";
import { AppError } from "../errors.ts";
import type { System } from "../system.ts";

/** How long a login server may take for one answer, in milliseconds. */
const DEADLINE = 15_000;

/** More than any answer with tokens, in characters. */
const MAX_BODY = 1 << 20;

/** A login server's answer, or why there is none. */
export type Reply =
  | Answer
  /** The request never arrived. */
  | { readonly state: "unsent"; readonly reason: string }
  /** It may have been carried out, but its answer was lost. */
  | { readonly state: "lost"; readonly reason: string };

/** An answer that arrived whole. */
export interface Answer {
  readonly state: "answered";
  readonly status: number;
  /** The members of the JSON object that it is, else none. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether it is a page for people, as something in between sends it. */
  readonly isPage: boolean;
}

/** What requests to login servers are sent with. */
export interface Sender {
  readonly system: Pick<System, "fetch" | "sleep">;
  /** Names this program, as `name/version`. */
  readonly userAgent: string;
}

/** Posts a form. */
export function postForm(
  sender: Sender,
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const body = new URLSearchParams(form).toString();
  return post(sender, url, body, { "content-type": "application/x-www-form-urlencoded", ...headers });
}

/** Posts JSON. */
export function postJson(sender: Sender, url: string, value: unknown): Promise<Reply> {
  return post(sender, url, JSON.stringify(value), { "content-type": "application/json" });
}

/** Sends a request that oauth4webapi makes, and reads the answer in place of it. */
export async function sendStandard(
  sender: Sender,
  request: (options: {
    readonly [customFetch]: (url: string, options: CustomOptions) => Promise<Response>;
    readonly headers: Record<string, string>;
  }) => Promise<Response>,
): Promise<Reply> {
  let reply: Reply | undefined;
  await request({
    headers: { "user-agent": sender.userAgent },
    async [customFetch](url, { body, headers }) {
      reply = await exchange(sender, url, headers, String(body));
      return new Response();
    },
  });
  return reply!;
}

/** What oauth4webapi asks of a `fetch`, as far as it is looked at. */
interface CustomOptions {
  readonly body?: unknown;
  readonly headers: Record<string, string>;
}

function post(
  sender: Sender,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  const own = { accept: "application/json", "user-agent": sender.userAgent };
  return exchange(sender, url, { ...own, ...headers }, body);
}

async function exchange(
  { system }: Sender,
  url: string,
  headers: Readonly<Record<string, string>>,
  text: string,
): Promise<Reply> {
  const over = new AbortController();
  const { host } = new URL(url);
  const late = system.sleep(DEADLINE).then((): Reply => {
    over.abort();
    return { state: "lost", reason: `${host} did not answer within ${DEADLINE / 1000} seconds` };
  });
  // The runtime by itself sends a body once more when the connection breaks off, unless it is a stream; a code or a
  // refresh token is good for one use.
  const body = new Blob([text]).stream();
  const answered = system.fetch(url, {
    method: "POST",
    headers,
    body,
    redirect: "manual",
    signal: over.signal,
  })
    .then(read, (error) => failure(host, error));
  try {
    return await Promise.race([answered, late]);
  } finally {
    over.abort();
  }

  async function read(response: Response): Promise<Reply> {
    try {
      const text = await textOf(response);
      const isPage = /^\s*</.test(text);
      return { state: "answered", status: response.status, fields: fieldsOf(text), isPage };
    } catch {
      return { state: "lost", reason: `the answer of ${host} broke off` };
    }
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_BODY) throw new AppError("network_failed", "The answer is too long");
  }
  return text;
}

/** Told apart by the runtime's words; what is not known may have been sent. */
function failure(host: string, error: unknown): Reply {
  const message = error instanceof Error ? error.message : "";
  if (/dns error|failed to lookup/.test(message)) return unsent(`the name ${host} could not be resolved`);
  if (/Connection refused/.test(message)) return unsent(`${host} refused the connection`);
  if (/certificate/.test(message)) return unsent(`the certificate of ${host} is not valid`);
  if (/client error \(Connect\)/.test(message)) return unsent(`${host} could not be reached`);
  return { state: "lost", reason: `the connection to ${host} broke off` };
}

function unsent(reason: string): Reply {
  return { state: "unsent", reason };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
