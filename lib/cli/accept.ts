import { AppError } from "../errors.ts";
import { parseKey } from "../providers/key.ts";
import { type Provider, providerById } from "../providers/table.ts";
import type { Acceptable } from "../vault/adopt.ts";
import { formatLogin, type Login } from "../vault/login.ts";

/**
 * What a key is that was in use elsewhere, so also one whose shape speaks against it; or in words why it can't be
 * taken. Neither the id nor the key is repeated: both may be anything.
 */
export function acceptKey(id: string, key: string | undefined): Acceptable | string {
  const provider = providerById(id);
  if (provider === undefined) return "its provider is not known";
  if (key === undefined) return `the value for ${provider.id} is not a text`;
  if (provider.auth === "oauth") return `${provider.id} takes a login, not a key`;
  try {
    const secret = parseKey(provider, key, true);
    return provider.auth === "api-key"
      ? { kind: "api-key", name: provider.id, secret }
      : acceptLogin(provider, { accessToken: secret });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message;
  }
}

/** @param expiresAt in milliseconds since 1970 began */
export function acceptLogin(provider: Provider, login: Login, expiresAt?: number): Acceptable {
  return {
    kind: "login",
    name: provider.id,
    secret: formatLogin(login),
    fields: {
      ...expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() },
      ...login.refreshToken !== undefined && { renewable: true },
    },
  };
}
