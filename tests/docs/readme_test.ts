import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../support/needs.ts";

Deno.test("README.md and CI name the commands that there are", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  for (const file of ["README.md", "CONTRIBUTING.md", ".ci/run"]) {
    const text = await Deno.readTextFile(join(ROOT, file));
    const named = [...text.matchAll(/scripts\/deno task ([\w-]+)/g)].map(([, name]) => name!);
    assert.ok(named.includes("test"), `${file} does not name the test command`);
    for (const name of named) assert.ok(name in tasks, `${file} names the task ${name}`);
  }
});
