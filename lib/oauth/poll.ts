import { AppError } from "../errors.ts";
import type { System } from "../system.ts";
import { loginFailed } from "./token_error.ts";

/** How much longer to wait when the server asks for it, in milliseconds (RFC 8628, section 3.5). */
const SLOWER = 5000;

/** How many answers in a row may fail. */
const MAX_TROUBLES = 4;

/** What one question gave. An error that ends the login is thrown. */
export type Step<T> =
  | { readonly state: "pending" | "slow_down" }
  | { readonly state: "done"; readonly value: T }
  /** Asked again, later and later. */
  | { readonly state: "troubled"; readonly reason: string };

/** How often to ask, and until when. */
export interface Pace {
  /** In milliseconds. */
  readonly interval: number;
  /** In milliseconds since 1970 began. */
  readonly until: number;
}

/**
 * Asks again and again until the person has finished on another device.
 *
 * @throws {AppError} `login_failed` when the time is over, `network_failed` after several failures in a row
 */
export async function poll<T>(
  system: Pick<System, "now" | "sleep">,
  signal: AbortSignal,
  { interval, until }: Pace,
  ask: () => Promise<Step<T>>,
): Promise<T> {
  let pause = interval;
  let troubles = 0;
  while (!signal.aborted) {
    await system.sleep(pause * 2 ** troubles);
    if (signal.aborted) break;
    if (system.now() >= until) throw loginFailed("the code has expired");
    const step = await ask();
    if (step.state === "done") return step.value;
    if (step.state === "slow_down") pause += SLOWER;
    troubles = step.state === "troubled" ? troubles + 1 : 0;
    if (step.state === "troubled" && troubles >= MAX_TROUBLES) {
      throw new AppError("network_failed", `Cannot log in: ${step.reason}`, "try again");
    }
  }
  throw new AppError("interrupted", "Interrupted, nothing was changed");
}
