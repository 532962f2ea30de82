import { AppError, type ErrorCode } from "../../errors.ts";

/** What one check found, and the command that mends it. */
export interface Finding {
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly message: string;
  readonly fix?: string;
  /** Of an error: what a command that stumbles over it would end with. */
  readonly code?: ErrorCode;
}

/** Nothing to mend. */
export function fine(check: string, message: string): Finding {
  return { check, level: "ok", message };
}

/** Something that works but should be mended. */
export function warning(check: string, message: string, fix: string): Finding {
  return { check, level: "warning", message, fix };
}

/** Something that does not work: the error that commands end with. */
export function broken(check: string, { code, message, hint }: AppError): Finding {
  return { check, level: "error", message, code, ...hint !== undefined && { fix: hint } };
}

/** What a check found, or the error that it ended with. */
export async function examine(
  check: string,
  work: () => Promise<readonly Finding[]> | readonly Finding[],
): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [broken(check, error)];
  }
}
