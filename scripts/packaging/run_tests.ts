/**
 * Makes the packages, and tests them in clean Debian systems. Runs in a network of its own, so that ports are free and
 * nothing is reached.
 *
 *   scripts/deno task test-packages [arguments of `deno test`]
 */
import { ROOT, runDeno } from "../compile/deno.ts";
import { runTask } from "../task.ts";
import { makeBase } from "../../tests/support/debian/base.ts";
import { testArguments } from "./test_arguments.ts";

await runTask("test-packages", async () => {
  await runDeno("run", "-q", "-A", "scripts/packaging/main.ts");
  await makeBase();
  const inside = [
    'ip link set lo up && exec "$@"',
    "sh",
    Deno.execPath(),
    "test",
    "-q",
    "-A",
    ...testArguments(Deno.args),
  ];
  const { code } = await new Deno.Command("unshare", { args: ["--net", "sh", "-c", ...inside], cwd: ROOT })
    .spawn().status;
  Deno.exit(code);
});
