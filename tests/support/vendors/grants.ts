import type { SecretList } from "./issued.ts";

/** What a login or a refresh gives. */
export interface Tokens<Owner> {
  readonly owner: Owner;
  readonly access: string;
  /** Absent where the one that was used stays valid. */
  readonly refresh: string | undefined;
  /** In seconds since 1970. */
  readonly expires: number;
}

/** What a vendor decides about tokens; asked each time, so that a test can change it. */
export interface GrantRules<Owner> {
  readonly secrets: SecretList;
  /** Milliseconds since 1970. */
  now(): number;
  /** Of an access token, in seconds. */
  lifetime(): number;
  /** Whether a refresh gives a new refresh token and spends the old one. */
  rotates(): boolean;
  makeAccess(owner: Owner, expires: number): string;
}

/** The logins of a server, and their tokens. */
export interface Grants<Owner> {
  begin(owner: Owner): Tokens<Owner>;
  /** Gives new tokens, or the reason why not. A spent token ends its whole login. */
  refresh(token: string): Tokens<Owner> | "unknown" | "reused" | "invalidated";
  /** Whose access token it is, or why it is not valid. */
  check(access: string | undefined): { readonly owner: Owner } | "expired" | "invalidated";
  /** Ends the login of an access or refresh token. */
  revoke(token: string | undefined): void;
  invalidateAccess(): void;
  invalidateRefresh(): void;
}

interface Grant<Owner> {
  readonly owner: Owner;
  isRevoked: boolean;
}

interface Access<Owner> {
  readonly grant: Grant<Owner>;
  readonly expires: number;
  isValid: boolean;
}

interface Refresh<Owner> {
  readonly grant: Grant<Owner>;
  state: "current" | "spent" | "invalidated";
}

/** Makes a server without logins. */
export function makeGrants<Owner>(rules: GrantRules<Owner>): Grants<Owner> {
  const { secrets } = rules;
  const accesses = new Map<string, Access<Owner>>();
  const refreshes = new Map<string, Refresh<Owner>>();

  function issue(grant: Grant<Owner>, isNew: boolean): Tokens<Owner> {
    const { owner } = grant;
    const expires = Math.floor(rules.now() / 1000) + rules.lifetime();
    const access = secrets.add("access", rules.makeAccess(owner, expires));
    accesses.set(access, { grant, expires, isValid: true });
    const refresh = isNew ? secrets.issue("refresh", "rt_") : undefined;
    if (refresh !== undefined) refreshes.set(refresh, { grant, state: "current" });
    return { owner, access, refresh, expires };
  }

  return {
    begin: (owner) => issue({ owner, isRevoked: false }, true),
    refresh(token) {
      const found = refreshes.get(token);
      if (found === undefined) return "unknown";
      if (found.state === "spent") {
        found.grant.isRevoked = true;
        return "reused";
      }
      if (found.grant.isRevoked || found.state === "invalidated") return "invalidated";
      if (rules.rotates()) found.state = "spent";
      return issue(found.grant, rules.rotates());
    },
    check(access) {
      const found = accesses.get(access ?? "");
      if (found === undefined || found.expires * 1000 <= rules.now()) return "expired";
      return found.isValid && !found.grant.isRevoked ? found.grant : "invalidated";
    },
    revoke(token = "") {
      const found = refreshes.get(token) ?? accesses.get(token);
      if (found !== undefined) found.grant.isRevoked = true;
    },
    invalidateAccess() {
      for (const access of accesses.values()) access.isValid = false;
    },
    invalidateRefresh() {
      for (const refresh of refreshes.values()) {
        if (refresh.state === "current") refresh.state = "invalidated";
      }
    },
  };
}
