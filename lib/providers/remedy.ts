import type { Provider } from "./table.ts";

/** The command with which a user gives the program a credential of this provider. */
export function storeCommand({ id, auth }: Provider): string {
  return auth === "api-key"
    ? `agentgazer providers set ${id}`
    : `agentgazer login ${id} (not in this version)`;
}
