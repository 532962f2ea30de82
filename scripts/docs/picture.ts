/**
 * Draws docs/first-call.svg: what the executable shows on two terminals, from the first start to the first call. The
 * provider is a server on this machine. Needs root, for a network and an /etc/hosts of its own.
 *
 *   scripts/deno task compile && scripts/deno run -q -A scripts/docs/picture.ts
 */
import { join } from "node:path";
import { canaryKey } from "../../tests/support/scene.ts";
import { type Pty, startPty } from "../../tests/support/pty.ts";
import { startProviders } from "../../tests/support/providers.ts";
import { temporaryFolder } from "../../tests/support/temporary_folder.ts";
import { ROOT } from "../compile/deno.ts";
import { screensAsSvg } from "./svg.ts";

/** Shown before each line that is typed. */
const PROMPT = "$ ";

/** Only the server of this picture needs an authority of its own. */
const OWN_AUTHORITY = /^.*DENO_CERT\r?\n/m;

/** What the provider answers. */
const ANSWER = '{"object":"response","status":"completed","output_text":"Hello!"}\n';

const CALL = `curl "$OPENAI_BASE_URL/responses" -H "Authorization: Bearer $OPENAI_API_KEY" \\
    --json '{"model":"gpt-5","input":"Hello"}'`;

async function must(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).spawn().status;
  if (!success) throw new Error(`${program} failed`);
}

/** Resolves when the shell waits for its next line. */
function ready(terminal: Pty, lines: number): Promise<unknown> {
  return terminal.shown(new RegExp(`^(?:[^]*?(?:^|\\n)${RegExp.escape(PROMPT)}){${lines}}[^\\n]*$`));
}

if (Deno.args[0] !== "inside") {
  await must(
    "unshare",
    "--net",
    "--mount",
    Deno.execPath(),
    "run",
    "-q",
    "-A",
    import.meta.filename!,
    "inside",
  );
  Deno.exit();
}

using folder = temporaryFolder();
await using providers = await startProviders(folder.path);
providers.answer = () => new Response(ANSWER, { headers: { "content-type": "application/json" } });
await must("ip", "link", "set", "lo", "up");
await must("mount", "--bind", providers.hostsFile, "/etc/hosts");
await must("mount", "-t", "tmpfs", "tmpfs", "/home");
await Deno.mkdir("/home/ada");
const env = {
  HOME: "/home/ada",
  PATH: `${join(ROOT, "dist")}:/usr/bin:/bin`,
  DENO_CERT: providers.authority,
  PS1: PROMPT,
  PS2: "",
};
const shell = "exec bash --norc --noprofile --noediting";
await using proxy = startPty(shell, env);
await using tool = startPty(shell, env);

await ready(proxy, 1);
await proxy.type("agentgazer start\n");
await proxy.shown(/add a key:.*\r/);
await ready(tool, 1);
await tool.type("agentgazer providers set openai\n");
await tool.shown(/not shown\): /);
await tool.type(canaryKey("openai") + "\n");
await ready(tool, 2);
await tool.type('eval "$(agentgazer env)"\n');
await ready(tool, 3);
await tool.type(CALL + "\n");
await tool.shown(/Hello!/);
await proxy.shown(/\/responses 200 .*\r/);
await Deno.writeTextFile(
  join(ROOT, "docs", "first-call.svg"),
  screensAsSvg([
    ["One terminal runs the proxy", proxy.screen().replace(OWN_AUTHORITY, "")],
    ["Another one uses it", tool.screen()],
  ], PROMPT),
);
