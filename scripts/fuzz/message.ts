import assert from "node:assert/strict";

/** This many characters of a secret in a row are a piece of it. */
const PIECE = 8;

/** Checks what is shown of an error: no piece of a secret, and nothing that a terminal would obey. */
export function checkMessage(
  { message, hint = "" }: { readonly message: string; readonly hint?: string | undefined },
  secrets: readonly string[],
): void {
  const text = `${message}\n${hint}`;
  assert.ok(!/[^\P{Cc}\n]/u.test(text), "a message holds a control character");
  for (const secret of secrets) assert.ok(!hasPiece(text, secret), "a message holds a piece of a secret");
}

/** Whether a text holds any piece of a secret. */
export function hasPiece(text: string, secret: string): boolean {
  for (let at = 0; at + PIECE <= secret.length; at++) {
    if (text.includes(secret.slice(at, at + PIECE))) return true;
  }
  return false;
}
