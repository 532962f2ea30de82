import { AppError } from "../errors.ts";
import type { System } from "../system.ts";

/** Does the work, but not beyond a signal to stop. @throws {AppError} `interrupted` */
export async function untilStopped<T>(
  { onSignals }: Pick<System, "onSignals">,
  work: () => Promise<T>,
): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const forget = onSignals(["SIGINT", "SIGTERM", "SIGHUP"], () => stopped.reject(interrupted()));
  try {
    return await Promise.race([work(), stopped.promise]);
  } finally {
    forget();
  }
}

/** The error for a command that the user stopped. */
export function interrupted(): AppError {
  return new AppError("interrupted", "Interrupted, nothing was changed");
}
