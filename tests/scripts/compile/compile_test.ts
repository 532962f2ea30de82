import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, testWith } from "../../support/needs.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { hostTarget, TARGETS } from "../../../scripts/compile/targets.ts";

/** A small program, so that only the build is looked at. */
const ENTRY = join(ROOT, "tests", "e2e", "probe.ts");

async function compile(env: Record<string, string>, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", join(ROOT, "scripts", "compile.ts"), "--entry", ENTRY, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** A file that only looks like the runtime of a target. */
function fakeRuntime(path: string, machine: number): string {
  const head = new Uint8Array(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.set([3, 0, machine], 16);
  Deno.writeFileSync(path, head);
  return path;
}

testWith(["compile"], "compile refuses a runtime that is made for something else", async (t) => {
  using folder = temporaryFolder();
  const riscV = fakeRuntime(folder.at("riscv"), 243);
  const script = folder.at("script");
  Deno.writeTextFileSync(script, "#!/bin/sh\n");
  const rows: [what: string, runtimes: string][] = [
    ["another processor", riscV],
    ["no executable", script],
    ["several, none of which fits", `${riscV}:${script}`],
  ];
  for (const [what, runtimes] of rows) {
    await t.step(what, async () => {
      const output = folder.at("out");
      const { code, err } = await compile({ DENORT_BIN: runtimes }, "--output", output);
      assert.equal(code, 1);
      assert.equal(err, `compile: error: ${hostTarget().triple}: no file in DENORT_BIN is made for it\n`);
      assert.throws(() => Deno.lstatSync(output), Deno.errors.NotFound);
    });
  }
});

testWith(["compile"], "compile says what it can't do", async (t) => {
  const triples = TARGETS.map(({ triple }) => triple).join(", ");
  const rows: [args: string[], says: string, env?: Record<string, string>][] = [
    [["--target", "windows"], `"windows" is no target; they are ${triples}`],
    [["--all", "--output", "x"], "--output takes one target"],
    [["--target"], "Option '--target <value>' argument missing"],
    [[], "SOURCE_DATE_EPOCH is no number of seconds", { SOURCE_DATE_EPOCH: "yesterday" }],
    [[], "SOURCE_DATE_EPOCH is no number of seconds", { SOURCE_DATE_EPOCH: "-1" }],
  ];
  for (const [args, says, env = {}] of rows) {
    await t.step(says, async () => {
      const { code, err } = await compile(env, ...args);
      assert.equal(code, 1);
      assert.ok(err.startsWith(`compile: error: ${says}`), err);
    });
  }
});
