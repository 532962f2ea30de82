import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../support/needs.ts";

Deno.test("SECURITY.md names a test that is there for every guarantee", async (t) => {
  const text = await Deno.readTextFile(join(ROOT, "SECURITY.md"));
  const section = text.slice(text.indexOf("## Guarantees"), text.indexOf("## Non-goals"));
  const rows = section.split("\n").filter((line) => line.startsWith("| ")).slice(2);
  assert.ok(rows.length > 20);
  for (const row of rows) {
    const columns = row.slice(2, -2).split(" | ");
    assert.equal(columns.length, 3, row);
    const [guarantee, , proof] = columns;
    await t.step(guarantee!.trim(), async () => {
      const paths = [...proof!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!);
      assert.ok(paths.some((path) => path.startsWith("tests/")));
      for (const path of paths) assert.ok(await Deno.lstat(join(ROOT, path)), path);
    });
  }
});
