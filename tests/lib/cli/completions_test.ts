import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { commandLine } from "../../support/command_line.ts";
import { testWith } from "../../support/needs.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const IDS = PROVIDERS.map((provider) => provider.id);

/** A command line with the cursor at its end, and what the last word may become. */
const LINES: [line: string, words: readonly string[]][] = [
  ["agentgazer pro", ["providers"]],
  ["agentgazer st", ["start"]],
  ["agentgazer --v", ["--version"]],
  ["agentgazer providers s", ["set"]],
  ["agentgazer providers r", ["remove"]],
  ["agentgazer providers set ope", ["openai", "openai-oauth"]],
  ["agentgazer providers set --f", ["--force"]],
  ["agentgazer providers set --force zhi", ["zhipu", "zhipu-coding-plan"]],
  ["agentgazer providers list --", ["--all", "--help", "--json"]],
  ["agentgazer providers remove mist", ["mistral"]],
  ["agentgazer clients a", ["add"]],
  ["agentgazer clients add ci --allow coh", ["cohere"]],
  ["agentgazer clients list --j", ["--json"]],
  ["agentgazer env --sh", ["--shell"]],
  ["agentgazer env --provider mist", ["mistral"]],
  ["agentgazer env --for cl", ["claude-code"]],
  ["agentgazer start --p", ["--port"]],
  ["agentgazer completions f", ["fish"]],
  ["agentgazer providers set nothing-such", []],
  ["agentgazer xyzzy s", ["start"]],
];

async function script(shell: string): Promise<string> {
  using box = commandLine();
  const { code, out, err } = await box.run(["completions", shell]);
  assert.deepEqual([code, err], [0, ""]);
  return out;
}

/** Runs a program and gives the lines that it writes; a word on stderr is a failure. */
async function linesOf(program: string, args: readonly string[], home: string): Promise<string[]> {
  const env = { HOME: home, PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" };
  const command = new Deno.Command(program, { args: [...args], env, clearEnv: true, stdin: "null" });
  const { stdout, stderr } = await command.output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

const BASH = `
. "$1"
[ "$(complete -p agentgazer)" = "complete -o default -F _agentgazer agentgazer" ] || exit 1
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_agentgazer
printf '%s\\n' "\${COMPREPLY[@]}"
`;

Deno.test("completions bash completes commands, options and provider ids", async (t) => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(folder.at("script"), await script("bash"));
  await t.step("and is free of syntax errors", async () => {
    assert.deepEqual(await linesOf("bash", ["-n", folder.at("script")], folder.path), []);
  });
  for (const [line, words] of LINES) {
    await t.step(line, async () => {
      const args = ["--norc", "-c", BASH, "bash", folder.at("script"), ...line.split(" ")];
      assert.deepEqual((await linesOf("bash", args, folder.path)).sort(), words);
    });
  }
  await t.step("all providers after a space", async () => {
    const args = ["--norc", "-c", BASH, "bash", folder.at("script"), "agentgazer", "providers", "remove", ""];
    const words = await linesOf("bash", args, folder.path);
    for (const id of IDS) assert.ok(words.includes(id), id);
  });
});

const ZSH = `
compdef() { registered="$*" }
compadd() { [ "$1" = -- ] && shift; print -rl -- "\${(@M)@:#\${words[CURRENT]}*}" }
. "$1"
[ "$registered" = "_agentgazer agentgazer" ] || exit 1
shift
words=("$@")
CURRENT=$#
_agentgazer
`;

testWith(["shells"], "completions zsh completes commands, options and provider ids", async (t) => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(folder.at("script"), await script("zsh"));
  await t.step("and is free of syntax errors", async () => {
    assert.deepEqual(await linesOf("zsh", ["-fn", folder.at("script")], folder.path), []);
  });
  for (const [line, words] of LINES) {
    await t.step(line, async () => {
      const args = ["-fc", ZSH, "zsh", folder.at("script"), ...line.split(" ")];
      assert.deepEqual((await linesOf("zsh", args, folder.path)).sort(), words);
    });
  }
});

testWith(["shells"], "completions fish completes commands, options and provider ids", async (t) => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(folder.at("script"), await script("fish"));
  await t.step("and is free of syntax errors", async () => {
    assert.deepEqual(await linesOf("fish", ["--no-config", "-n", folder.at("script")], folder.path), []);
  });
  for (const [line, words] of LINES) {
    await t.step(line, async () => {
      const code = "source $argv[1]; complete -C $argv[2]";
      const args = ["--no-config", "-c", code, "--", folder.at("script"), line];
      const found = (await linesOf("fish", args, folder.path)).map((word) => word.split("\t")[0]!);
      assert.deepEqual(found.sort(), words);
    });
  }
});

Deno.test("completions offers every provider wherever an id is taken", async (t) => {
  for (const shell of ["bash", "zsh", "fish"]) {
    await t.step(shell, async () => {
      const text = await script(shell);
      for (const id of IDS) assert.ok(text.split(new RegExp(`[ "']${id}[ "']`)).length >= 4, id);
    });
  }
});
