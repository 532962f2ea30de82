import type { Provider } from "./table.ts";

/** The command with which a user gives the program a credential of this provider. */
export function storeCommand({ id, auth }: Provider): string {
  return `agentgazer ${auth === "api-key" ? "providers set" : "login"} ${id}`;
}
