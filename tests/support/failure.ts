import assert from "node:assert/strict";
import { AppError, type ErrorCode, exitCode } from "../../lib/errors.ts";

/** The error that `work` fails with, which must be one that the program throws on purpose. */
export async function failureOf(work: () => unknown): Promise<AppError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

/** Checks that `work` fails with this code, and gives the error. */
export async function fails(code: ErrorCode, work: () => unknown): Promise<AppError> {
  const error = await failureOf(work);
  assert.equal(error.code, code, `${error.code}: ${error.message}`);
  return error;
}

/** The exit code that `work` fails with. */
export async function exitOf(work: () => unknown): Promise<number> {
  return exitCode((await failureOf(work)).code);
}
