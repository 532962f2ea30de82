/**
 * Another library's view of the keyring of a session: napi_keyring.ts get|set|delete SERVICE USERNAME. `set` reads
 * the value from stdin; `get` prints it as JSON, and `null` when there is none. Its native code reads the
 * environment of its process, so it is a program of its own.
 */
import { Entry } from "@napi-rs/keyring";

const [command, service, username] = Deno.args;
const entry = new Entry(service!, username!);
if (command === "set") entry.setPassword(await new Response(Deno.stdin.readable).text());
else if (command === "delete") entry.deletePassword();
else console.log(JSON.stringify(entry.getPassword()));
