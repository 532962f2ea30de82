import { runCommand } from "./command.ts";
import { firstProgram, placesOf } from "./programs.ts";

/** D-Bus's own tool, which can ask what secret-tool can't: whether the keyring for new items is locked. */
export const DBUS_SEND: readonly string[] = placesOf("dbus-send");

const SERVICE = "org.freedesktop.Secret";

/** The keyring into which new items go. `unknown` when it can't be asked. */
export type CollectionState = "none" | "locked" | "open" | "unknown";

/**
 * Asks for the default collection (Secret Service API, "ReadAlias" and the property "Locked"). To store something
 * would tell too, but a locked keyring, or none, then opens a dialog on somebody's screen.
 *
 * @param env of the child
 * @param deadline of each question, in milliseconds
 */
export async function defaultCollection(
  env: Readonly<Record<string, string>>,
  deadline: number,
): Promise<CollectionState> {
  const program = firstProgram(DBUS_SEND);
  if (program === undefined) return "unknown";
  const path = /^\s*(\/\S*)\s*$/.exec(
    await ask("/org/freedesktop/secrets", `${SERVICE}.Service.ReadAlias`, "string:default"),
  )?.[1];
  if (path === undefined) return "unknown";
  if (path === "/") return "none";
  const property = ["string:" + `${SERVICE}.Collection`, "string:Locked"];
  const answer = await ask(path, "org.freedesktop.DBus.Properties.Get", ...property);
  const locked = /boolean (true|false)/.exec(answer)?.[1];
  return locked === undefined ? "unknown" : locked === "true" ? "locked" : "open";

  async function ask(object: string, method: string, ...args: string[]): Promise<string> {
    const to = ["--session", "--print-reply=literal", "--dest=org.freedesktop.secrets"];
    const result = await runCommand(program!, [...to, object, method, ...args], { deadline, env });
    return result.state === "ended" && result.code === 0 ? result.stdout : "";
  }
}
