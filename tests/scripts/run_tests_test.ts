import assert from "node:assert/strict";
import { join } from "node:path";
import { testArguments } from "../../scripts/packaging/test_arguments.ts";
import { ROOT } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

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

Deno.test("`task package` takes no arguments, says so in a line, and leaves what is there", async () => {
  const script = join(ROOT, "scripts", "packaging", "main.ts");
  for (const given of ["--frob", "x86_64-unknown-linux-gnu"]) {
    using folder = temporaryFolder();
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--allow-read", "--allow-env", script, given],
      env: { NO_COLOR: "1" },
      cwd: folder.path,
    });
    const { code, stderr } = await command.output();
    assert.equal(code, 1);
    assert.match(new TextDecoder().decode(stderr), new RegExp(`^package: error: .*'${given}'.*\n$`));
  }
});
