/**
 * Asks npm's registry what is known against the locked packages. Exit codes: 0 nothing, 1 something, 7 the registry
 * does not say.
 *
 *   scripts/deno task audit
 */
import config from "../../deno.json" with { type: "json" };
import { type Advisory, askAdvisories, NoAnswer } from "./advisories.ts";
import { lockedPackages } from "./lock.ts";

/** How long the registry may take, in milliseconds. */
const DEADLINE = 30_000;

/** The one that npm is set up for here, since another may not be reachable. */
async function registry(): Promise<string> {
  const command = new Deno.Command("npm", { args: ["config", "get", "registry"], stderr: "null" });
  const output = await command.output().catch(() => undefined);
  const text = output?.success ? new TextDecoder().decode(output.stdout).trim() : "";
  return text.startsWith("http") ? text : "https://registry.npmjs.org/";
}

function line({ package: name, severity, title, url }: Advisory): string {
  const direct = Object.keys(config.imports).includes(name) ? "" : " (brought in by another package)";
  return `${severity}: ${name}${direct}: ${title}\n  ${url}`;
}

const packages = await lockedPackages();
try {
  const found = await askAdvisories(await registry(), packages, DEADLINE);
  for (const advisory of found) console.log(line(advisory));
  console.log(`audit: ${packages.length} packages, ${found.length} advisories`);
  Deno.exit(found.length > 0 ? 1 : 0);
} catch (error) {
  if (!(error instanceof NoAnswer)) throw error;
  console.error(`audit: nothing was checked: the registry does not give advisories: ${error.message}`);
  console.error("audit: try again where npm's own registry can be reached");
  Deno.exit(7);
}
