import assert from "node:assert/strict";
import { join } from "node:path";
import { testWith } from "../support/needs.ts";
import { makeBox } from "../support/program.ts";

/** Runs the executable with a redirection of the shell. */
function redirected(redirection: string): string[] {
  return ["sh", "-c", `"$0" "$@" ${redirection}`];
}

testWith(["compile"], "output that nobody takes is no bug of ours", async (t) => {
  await using box = await makeBox();
  const rows: [args: string[], redirection: string, code: number, stderr: RegExp][] = [
    [["--help"], "> /dev/full", 2, /Cannot write the answer/],
    [["--version"], "> /dev/full", 2, /Cannot write the answer/],
    [["--help"], "| head -0", 0, /^$/],
    [["providers", "list", "--all"], "| head -0", 0, /^$/],
    [["providers", "list", "--all"], "> /dev/full", 2, /Cannot write the answer/],
    [
      ["clients", "add", "one"],
      "> /dev/full",
      2,
      /Cannot write the answer.*\n.*to see its token: agentgazer env --client one$/m,
    ],
    [["providers", "set", "nobody"], "2> /dev/full", 2, /^$/],
    [["providers", "set", "openai", "k"], "2> /dev/full", 0, /^$/],
  ];
  for (const [args, redirection, code, stderr] of rows) {
    await t.step(`${args.join(" ")} ${redirection}`, async () => {
      const run = await box.run(args, { wrapper: redirected(redirection) });
      assert.equal(run.code, code, run.stderr);
      assert.match(run.stderr, stderr);
    });
  }
});

testWith(["compile"], "input that can't be read is a clear error", async (t) => {
  await using box = await makeBox();
  for (const redirection of ["< /tmp", "<&-", "< /dev/null"]) {
    await t.step(redirection, async () => {
      const run = await box.run(["providers", "set", "openai"], { wrapper: redirected(redirection) });
      assert.equal(run.code, 2, run.stderr);
      assert.doesNotMatch(run.stderr, /bug/);
    });
  }
});

testWith(["compile"], "a home that can't be used is a clear error with a way on", async (t) => {
  await using box = await makeBox();
  const file = join(box.folder, "file");
  await Deno.writeTextFile(file, "x");
  const rows: [name: string, env: Record<string, string>, code: number][] = [
    ["no HOME", { HOME: "" }, 2],
    ["a relative one", { AGENTGAZER_HOME: "here" }, 2],
    ["a file", { AGENTGAZER_HOME: file }, 5],
    ["below a file", { AGENTGAZER_HOME: join(file, "x") }, 5],
    ["of the kernel", { AGENTGAZER_HOME: "/proc/agentgazer" }, 5],
  ];
  for (const [name, env, code] of rows) {
    await t.step(name, async () => {
      const run = await box.run(["clients", "add", "one"], { env });
      assert.equal(run.code, code, run.stderr);
      assert.match(run.stderr, /^agentgazer: error: .*\nagentgazer: hint: .*\n$/);
      assert.doesNotMatch(run.stderr, /deno/i);
    });
  }
});

testWith(["compile"], "a vault stays whole although its lock is removed again and again", async () => {
  await using box = await makeBox();
  await box.run(["clients", "add", "first"]);
  let done = false;
  const removing = (async () => {
    while (!done) {
      await Deno.remove(join(box.home, "vault.lock")).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve));
    }
  })();
  const names = Array.from({ length: 30 }, (_, i) => `client-${i}`);
  const runs = await Promise.all(names.map((name) => box.run(["clients", "add", name]))).finally(() => {
    done = true;
  });
  await removing;
  for (const { code, stderr } of runs) assert.ok([0, 5].includes(code), stderr);
  const list = await box.run(["clients", "list", "--json"]);
  assert.equal(list.code, 0, list.stderr);
});
