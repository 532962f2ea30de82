import { ROUTES } from "./settings.ts";

/** A request to the token or revocation endpoint. */
export interface OidcCall {
  /** What it asks for: a first token, a further one, the end of one. */
  readonly kind: "exchange" | "refresh" | "revocation" | "other";
  /** The parameters. */
  readonly form: Readonly<Record<string, string>>;
  /** The status of the answer. */
  readonly status: number;
}

const GRANTS: Readonly<Record<string, OidcCall["kind"]>> = {
  authorization_code: "exchange",
  refresh_token: "refresh",
};

/** Keeps what came to these two endpoints. */
export function recorder(): {
  readonly calls: OidcCall[];
  record(path: string, form: URLSearchParams, status: number): void;
} {
  const calls: OidcCall[] = [];
  return {
    calls,
    record(path, form, status) {
      if (path === ROUTES.revocation) {
        calls.push({ kind: "revocation", form: Object.fromEntries(form), status });
      }
      if (path === ROUTES.token) {
        const kind = GRANTS[form.get("grant_type") ?? ""] ?? "other";
        calls.push({ kind, form: Object.fromEntries(form), status });
      }
    },
  };
}
