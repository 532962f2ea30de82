import assert from "node:assert/strict";
import { join } from "node:path";
import { type Provider, PROVIDERS } from "../../lib/providers/table.ts";
import { ROOT } from "../support/needs.ts";

/** A provider's row in the README. */
function row({ id, name, auth, hosts, sdk }: Provider): string {
  const credential = auth === "api-key" ? "API key" : "login";
  const variables = [...sdk.key, ...sdk.base].map((variable) => `\`${variable}\``).join(", ");
  return `| \`${id}\` | ${name} | ${credential} | ${hosts.join(", ")} | ${variables} |`;
}

Deno.test("README.md lists the providers of the table", async () => {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, table] = /<!-- providers:.*-->\n([^]*?)<!-- \/providers -->/.exec(readme)!;
  const rows = table!.replace(/ +/g, " ").trim().split("\n").slice(2);
  assert.deepEqual(rows, PROVIDERS.map(row));
});

Deno.test("README.md and CI name the commands that there are", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  for (const file of ["README.md", "CONTRIBUTING.md", ".ci/run"]) {
    const text = await Deno.readTextFile(join(ROOT, file));
    const named = [...text.matchAll(/scripts\/deno task (\w+)/g)].map(([, name]) => name!);
    assert.ok(named.includes("test"), `${file} does not name the test command`);
    for (const name of named) assert.ok(name in tasks, `${file} names the task ${name}`);
  }
});
