import type { System } from "../system.ts";

/** 256 random bits in 43 characters of base64url: a `state`, or a `code_verifier` (RFC 7636, section 4.1). */
export function randomToken({ random }: Pick<System, "random">): string {
  return random(32).toBase64({ alphabet: "base64url", omitPadding: true });
}
