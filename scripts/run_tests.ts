/**
 * Runs all tests. The executable is built first where that is possible, since the end-to-end tests run it;
 * where it isn't they are reported as ignored.
 *
 *   run_tests.ts [arguments of `deno test`]
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FOLDER, namesPackageTests } from "./packaging/test_arguments.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function deno(...args: string[]): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).spawn().status;
  return code;
}

if (Deno.args.some(namesPackageTests)) {
  console.error("The packages have to be made for their tests, which have a task of their own. Type:");
  console.error(`  scripts/deno task test-packages ${Deno.args.join(" ")}`);
  Deno.exit(2);
}
// An executable of older sources must not be tested in place of these.
await Deno.remove(join(root, "dist", "agentgazer")).catch(() => {});
if (await deno("run", "-q", "-A", "scripts/compile.ts") !== 0) {
  console.error("The executable could not be built: its tests are ignored.");
}
// Started as programs of their own by the tests, so not seen by `deno test`.
const sdks = [...Deno.readDirSync(join(root, "tests", "e2e", "sdk"))].map(({ name }) =>
  `tests/e2e/sdk/${name}`
);
await deno("cache", "-q", ...sdks);
// Those of the packages have a task of their own, which makes the packages first.
Deno.exit(await deno("test", "-q", "-A", "--parallel", `--ignore=${FOLDER}`, ...Deno.args));
