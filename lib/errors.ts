/**
 * The exit code of every way a command can fail. A code never changes its meaning, and a new code is a
 * new row here.
 */
export const EXIT_CODES = {
  bug: 1,
  usage: 2,
  credential_missing: 3,
  credential_rejected: 3,
  login_required: 3,
  login_failed: 3,
  not_found: 4,
  keystore_unavailable: 5,
  key_mismatch: 5,
  vault_unavailable: 5,
  refused: 6,
  network_failed: 7,
  vault_damaged: 8,
  interrupted: 130,
} as const;

/** What went wrong, in one word that scripts may rely on. */
export type ErrorCode = keyof typeof EXIT_CODES;

/**
 * The one error that the program throws on purpose: `message` says what failed, `hint` what to type next.
 * Neither ever holds a secret, and no foreign cause is attached, since causes can hold bodies.
 * Anything else that is thrown is a bug and keeps its stack.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** The exit code of a command that failed with this error code. */
export function exitCode(code: ErrorCode): number {
  return EXIT_CODES[code];
}

/**
 * What may be printed of an error that nobody foresaw: its class and where it was thrown. Its message may
 * repeat what was parsed or sent, so it may hold a secret; the stack begins with it.
 */
export function describeBug(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const { message, stack } = error;
  const start = typeof stack === "string" ? stack.indexOf(message) : -1;
  const frames = start < 0 ? [] : stack!.slice(start + message.length).match(/^ +at .*$/gm) ?? [];
  return [error.constructor?.name ?? "Error", ...frames].join("\n");
}
