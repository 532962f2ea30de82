import { createHash } from "node:crypto";

/** What a secret is for. Codes for the user are secrets that the user's terminal shows. */
export type SecretKind = "access" | "code" | "device" | "id" | "key" | "refresh" | "user-code" | "verifier";

/** Everything secret that a stand-in has issued or seen. */
export interface SecretList {
  /** Makes a secret of 32 random bytes, behind a prefix. */
  issue(kind: SecretKind, prefix?: string): string;
  /** Makes a code for people to type, such as `Q7RT-5WKMX`. */
  issueUserCode(): string;
  /** Notes a secret that was made elsewhere. */
  add<Value extends string | undefined>(kind: SecretKind, secret: Value): Value;
  /** All but those of some kinds. */
  list(except?: readonly SecretKind[]): string[];
}

const LETTERS = "BCDFGHJKLMNPQRSTVWXYZ2346789QRTX";

/** Makes an empty list. */
export function makeSecretList(): SecretList {
  const kinds = new Map<string, SecretKind>();
  const list: SecretList = {
    issue: (kind, prefix = "") => list.add(kind, prefix + randomText(32)),
    issueUserCode() {
      const letters = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => LETTERS[byte % 32]);
      return list.add("user-code", letters.join("").replace(/^.{4}/, "$&-"));
    },
    add(kind, secret) {
      if (secret) kinds.set(secret, kind);
      return secret;
    },
    list: (except = []) => [...kinds].filter(([, kind]) => !except.includes(kind)).map(([secret]) => secret),
  };
  return list;
}

/** So many random bytes as base64url. */
export function randomText(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The S256 challenge of a verifier (RFC 7636). */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

/** Whether a verifier has the shape of RFC 7636 and belongs to a challenge. */
export function isVerified(verifier: string | undefined, challenge: string): boolean {
  return verifier !== undefined && /^[\w.~-]{43,128}$/.test(verifier) && challengeOf(verifier) === challenge;
}
