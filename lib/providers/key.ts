import { AppError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { type Provider, PROVIDERS } from "./table.ts";

/** The longest key that is stored, in bytes. */
export const MAX_KEY_BYTES = 8192;

/**
 * Takes an API key as it was typed, pasted or piped: one trailing line end is dropped, and what can't be
 * a key, is another provider's or administers the account is refused. No message repeats any of it.
 *
 * @param force stores a key although its shape speaks against it
 * @throws {AppError} `usage` when it can't be a key, `refused` when `force` would store it
 */
export function parseKey(provider: Provider, text: string, force: boolean): Secret {
  const key = text.replace(/\r?\n$/, "");
  const problem = problemOf(key);
  if (problem !== undefined) {
    throw new AppError(
      "usage",
      `Cannot store the ${provider.name} key: it ${problem}`,
      "copy the key again from the provider's page",
    );
  }
  if (!force) refuseDoubtful(provider, key);
  return new Secret(key);
}

function problemOf(key: string): string | undefined {
  if (key === "") return "is empty";
  if (key.length > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  // deno-lint-ignore no-control-regex -- finding them is the point
  if (/[\x00-\x08\x0e-\x1f\x7f]/.test(key)) return "holds a control character";
  if (/\s/.test(key)) return "holds white space or more than one line";
  if (/[^\x21-\x7e]/.test(key)) return "holds a character outside ASCII";
  return undefined;
}

function refuseDoubtful(provider: Provider, key: string): void {
  const force = "if you are sure, add --force";
  const fits = provider.keyShape?.test(key) ?? false;
  const other = PROVIDERS.find((row) => row !== provider && row.keyShape?.test(key));
  if (!fits && other !== undefined) {
    throw new AppError(
      "refused",
      `Cannot store the ${provider.name} key: it looks like a key of ${other.name}`,
      `agentgazer providers set ${other.id}; ${force}`,
    );
  }
  if (provider.adminKeyShape?.test(key)) {
    throw new AppError(
      "refused",
      `Cannot store the ${provider.name} key: it is an admin key, which can make further keys`,
      `use a key that can only call models; ${force}`,
    );
  }
}
