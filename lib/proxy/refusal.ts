import { AppError, type ErrorCode } from "../errors.ts";
import { BytesBody } from "../http/body.ts";
import { FieldList } from "../http/fields.ts";
import type { Answer } from "../http/message.ts";
import type { ProtocolError } from "../http/protocol_error.ts";
import type { ErrorDialect } from "../providers/table.ts";

/** The HTTP status of every refusal of ours. */
const STATUS = {
  malformed_request: 400,
  target_not_allowed: 400,
  client_token_invalid: 401,
  credential_missing: 401,
  login_required: 401,
  origin_refused: 403,
  provider_refused: 403,
  path_refused: 403,
  target_refused: 403,
  no_such_route: 404,
  request_timeout: 408,
  body_too_large: 413,
  wrong_host: 421,
  upgrade_required: 426,
  too_many_requests: 429,
  head_too_large: 431,
  bug: 500,
  not_implemented: 501,
  upstream_failed: 502,
  draining: 503,
  overloaded: 503,
  vault_unavailable: 503,
  upstream_timeout: 504,
  version_not_supported: 505,
} as const;

export type RefusalCode = keyof typeof STATUS;

/** What an error of the rest of the program is here, where it is not the vault. */
const CODES: Readonly<Partial<Record<ErrorCode, RefusalCode>>> = {
  login_required: "login_required",
  network_failed: "upstream_failed",
};

/** The error types that Anthropic documents, and the status names of Google's APIs, by HTTP status. */
const NAMES: Record<number, readonly [anthropic: string, google: string]> = {
  400: ["invalid_request_error", "INVALID_ARGUMENT"],
  401: ["authentication_error", "UNAUTHENTICATED"],
  403: ["permission_error", "PERMISSION_DENIED"],
  404: ["not_found_error", "NOT_FOUND"],
  408: ["timeout_error", "DEADLINE_EXCEEDED"],
  413: ["request_too_large", "INVALID_ARGUMENT"],
  421: ["invalid_request_error", "INVALID_ARGUMENT"],
  426: ["invalid_request_error", "INVALID_ARGUMENT"],
  429: ["rate_limit_error", "RESOURCE_EXHAUSTED"],
  431: ["invalid_request_error", "INVALID_ARGUMENT"],
  500: ["api_error", "INTERNAL"],
  501: ["invalid_request_error", "UNIMPLEMENTED"],
  502: ["api_error", "UNAVAILABLE"],
  503: ["api_error", "UNAVAILABLE"],
  504: ["api_error", "DEADLINE_EXCEEDED"],
  505: ["invalid_request_error", "INVALID_ARGUMENT"],
};

/** A request that the proxy answers itself. The message is for the person who reads the SDK's error. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly hint: string | undefined;

  constructor(code: RefusalCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** Turns whatever stopped a request into a refusal. A bug tells the client nothing but that it is one. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof AppError) {
    return new Refusal(CODES[error.code] ?? "vault_unavailable", error.message, error.hint);
  }
  return new Refusal("bug", "This is a bug in agentgazer", "look at its log, and report it");
}

/** The refusal of what is not even a request. */
export function protocolRefusal({ status, message }: ProtocolError): Refusal {
  return new Refusal(PROTOCOL_CODES[status], message);
}

const PROTOCOL_CODES = {
  400: "malformed_request",
  413: "body_too_large",
  431: "head_too_large",
  501: "not_implemented",
  505: "version_not_supported",
} as const;

/** The answer, in the shape that the provider's own SDK turns into its typed error. */
export function refusalAnswer(refusal: Refusal, dialect: ErrorDialect): Answer {
  const { status, code, hint } = refusal;
  const message = `agentgazer: ${refusal.message}${hint === undefined ? "" : `. Hint: ${hint}`}`;
  const [anthropic, google] = NAMES[status]!;
  const bodies = {
    openai: () => ({ error: { message, type: "agentgazer_error", code } }),
    anthropic: () => ({ type: "error", error: { type: anthropic, message, code } }),
    google: () => ({ error: { code: status, message, status: google, reason: code } }),
  };
  const answer = jsonAnswer(status, bodies[dialect]());
  answer.headers.set("x-content-type-options", "nosniff");
  if (code === "overloaded" || status === 429) answer.headers.set("retry-after", "1");
  if (status === 426) answer.headers.set("upgrade", "websocket");
  if (status === 401) answer.headers.set("www-authenticate", "Bearer");
  return answer;
}

/** An answer of our own, which nobody may keep. */
export function jsonAnswer(status: number, value: unknown): Answer {
  const headers = new FieldList(["content-type", "cache-control"], [
    "application/json",
    "no-store, no-transform",
  ]);
  const body = new BytesBody(new TextEncoder().encode(JSON.stringify(value)));
  return { status, reason: "", headers, body };
}
