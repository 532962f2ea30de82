import assert from "node:assert/strict";
import { runCommand } from "../../backends/command.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** Longer than any of these children takes, shorter than a person waits. In milliseconds. */
const deadline = 20_000;

const OUTCOMES: [script: string, code: number, stdout: string, stderr: string][] = [
  ["echo hello", 0, "hello\n", ""],
  ["exit 44", 44, "", ""],
  ["printf 'a\\303\\274'; exit 1", 1, "aü", ""],
  ["echo trouble >&2; exit 2", 2, "", "trouble\n"],
  ["echo out; echo err >&2", 0, "out\n", "err\n"],
  ["cat; echo end", 0, "end\n", ""],
];

Deno.test("runCommand() gives the exit code and both outputs, with nothing on stdin", async (t) => {
  for (const [script, code, stdout, stderr] of OUTCOMES) {
    await t.step(script, async () => {
      const result = await runCommand("/bin/sh", ["-c", script], { deadline });
      assert.deepEqual(result, { state: "ended", code, stdout, stderr });
    });
  }
  await t.step("a child that is killed by somebody else", async () => {
    const result = await runCommand("/bin/sh", ["-c", "kill -9 $$"], { deadline });
    assert.ok(result.state === "ended" && result.code !== 0);
  });
});

Deno.test("runCommand() reads more than a pipe holds, from both outputs at once", async () => {
  const script = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2";
  const result = await runCommand("/bin/sh", ["-c", script], { deadline });
  assert.ok(result.state === "ended");
  assert.deepEqual([result.stdout.length, result.stderr.length], [1_000_000, 1_000_000]);
});

const EVERYTHING = "stdin without a line end";

const INPUTS: [what: string, stdin: string, script: string, stdout: string][] = [
  ["as it is", EVERYTHING, "cat", EVERYTHING],
  ["in UTF-8", "ü😀\0\r\n", "cat", "ü😀\0\r\n"],
  ["and nothing more than an empty text", "", "cat; echo end", "end\n"],
  ["so that a child that reads to the end ends", "a\nb\n", "wc -l | tr -d ' '", "2\n"],
  ["when it is more than a pipe holds", "x".repeat(1_000_000), "wc -c | tr -d ' '", "1000000\n"],
  ["to a child that answers as it reads", "x".repeat(1_000_000), "cat", "x".repeat(1_000_000)],
  ["to a child that reads none of it", "x".repeat(1_000_000), "exit 0", ""],
  ["to a child that reads a little of it", "x".repeat(1_000_000), "head -c 1", "x"],
  ["to a child that closes it", "x".repeat(1_000_000), "exec <&-; echo end", "end\n"],
];

Deno.test("runCommand() feeds stdin and closes it", async (t) => {
  for (const [what, stdin, script, stdout] of INPUTS) {
    await t.step(what, async () => {
      const result = await runCommand("/bin/sh", ["-c", script], { deadline, stdin });
      assert.deepEqual(result, { state: "ended", code: 0, stdout, stderr: "" });
    });
  }
  await t.step("and gives the code of a child that did not read it", async () => {
    const result = await runCommand("/bin/sh", ["-c", "exit 7"], { deadline, stdin: "x".repeat(1_000_000) });
    assert.ok(result.state === "ended" && result.code === 7);
  });
});

Deno.test("runCommand() hands on the environment that it is given and nothing else", async (t) => {
  Deno.env.set("AGENTGAZER_TEST_CANARY", "canary");
  try {
    const rows: [env: Record<string, string> | undefined, stdout: string][] = [
      [undefined, ""],
      [{}, ""],
      [{ A: "b c=d" }, "A=b c=d\n"],
    ];
    for (const [env, stdout] of rows) {
      await t.step(JSON.stringify(env) ?? "none", async () => {
        const result = await runCommand("/usr/bin/env", [], { deadline, ...env && { env } });
        assert.deepEqual(result, { state: "ended", code: 0, stdout, stderr: "" });
      });
    }
  } finally {
    Deno.env.delete("AGENTGAZER_TEST_CANARY");
  }
});

Deno.test("runCommand() hands arguments on as they are", async () => {
  const args = ["a b", "", "$HOME", "*", "'"];
  const result = await runCommand("/usr/bin/printf", ["%s|", ...args], { deadline });
  assert.ok(result.state === "ended");
  assert.equal(result.stdout, args.map((arg) => arg + "|").join(""));
});

Deno.test("runCommand() lets no output in that is to be thrown away", async (t) => {
  const rows = ["echo secret", "echo secret; echo err >&2; exit 3", "head -c 1000000 /dev/zero"];
  for (const script of rows) {
    await t.step(script, async () => {
      const result = await runCommand("/bin/sh", ["-c", script], { deadline, discardStdout: true });
      assert.ok(result.state === "ended");
      assert.equal(result.stdout, "");
      assert.equal(result.stderr, script.includes("err") ? "err\n" : "");
    });
  }
  await t.step({
    name: "the child writes to /dev/null, not to a pipe of ours",
    ignore: Deno.build.os !== "linux",
    async fn() {
      const script = 'echo "$(readlink /proc/$$/fd/1)" >&2; exit 0';
      const result = await runCommand("/bin/sh", ["-c", script], { deadline, discardStdout: true });
      assert.deepEqual(result, { state: "ended", code: 0, stdout: "", stderr: "/dev/null\n" });
    },
  });
});

Deno.test("runCommand() says when a program can't be started", async (t) => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(folder.at("text"), "no program", { mode: 0o600 });
  const rows: [what: string, path: string][] = [
    ["missing", "/nonexistent/program"],
    ["a folder", folder.path],
    ["a text", folder.at("text")],
    ["below a file", folder.at("text", "program")],
  ];
  for (const [what, path] of rows) {
    await t.step(what, async () => {
      const result = await runCommand(path, [], { deadline, stdin: "x", onSlow: () => assert.fail() });
      assert.deepEqual(result, { state: "not_started" });
    });
  }
});
