import assert from "node:assert/strict";
import { join } from "node:path";
import { testArguments } from "../../scripts/packaging/test_arguments.ts";
import { ROOT } from "../support/needs.ts";

Deno.test("`task test-packages` runs its own tests, whatever the options are", () => {
  const rows: [given: string[], wanted: string[]][] = [
    [[], ["tests/packaging"]],
    [["--filter", "install"], ["tests/packaging", "--filter", "install"]],
    [["--filter=tests/packaging/"], ["tests/packaging", "--filter=tests/packaging/"]],
    [["--parallel"], ["tests/packaging", "--parallel"]],
  ];
  for (const [given, wanted] of rows) assert.deepEqual(testArguments(given), wanted);
  for (const path of ["tests/packaging", "./tests/packaging/files_test.ts", join(ROOT, "tests/packaging/")]) {
    assert.deepEqual(testArguments(["--filter", "a", path]), ["--filter", "a", path]);
  }
});

Deno.test("`task test` says which task runs a test of the packages, before it builds anything", async () => {
  const script = join(ROOT, "scripts", "run_tests.ts");
  const given = ["--filter", "a", "tests/packaging/files_test.ts"];
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-q", "-A", script, ...given] });
  const { code, stderr } = await command.output();
  assert.equal(code, 2);
  assert.match(
    new TextDecoder().decode(stderr),
    /^ {2}scripts\/deno task test-packages --filter a tests\/packaging\/files_test\.ts$/m,
  );
});
