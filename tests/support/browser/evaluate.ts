import type { DevTools } from "./devtools.ts";

/** Evaluates expressions in the page. */
export function evaluator(devtools: DevTools): (expression: string) => Promise<unknown> {
  return async (expression) => {
    const { result, exceptionDetails } = await devtools.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  };
}
