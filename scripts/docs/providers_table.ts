import { type Provider, PROVIDERS } from "../../lib/providers/table.ts";

/** Where the README has the table. */
const PLACE = /(<!-- providers: .*-->\n)[^]*?(\n<!-- \/providers -->)/;

/** Puts the providers of the table into the README. @throws {Error} when it has no place for them */
export function withProviders(readme: string): string {
  if (!PLACE.test(readme)) throw new Error("README.md has no place for the providers");
  const head = "| id | service | credential | sent only to | variables that `env` prints |";
  const table = [head, "| --- | --- | --- | --- | --- |", ...PROVIDERS.map(row)].join("\n");
  return readme.replace(PLACE, (_, before, after) => `${before}\n${table}\n${after}`);
}

function row({ id, name, auth, hosts, sdk }: Provider): string {
  const credential = auth === "api-key" ? "API key" : "login";
  const variables = [...sdk.key, ...sdk.base].map((variable) => `\`${variable}\``).join(", ");
  return `| \`${id}\` | ${name} | ${credential} | ${hosts.join(", ")} | ${variables} |`;
}
