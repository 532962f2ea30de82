import assert from "node:assert/strict";
import { type CommandLine, commandLine } from "../../support/command_line.ts";
import { START_TIME } from "../../support/fake_system.ts";

const NO_PROXY = "agentgazer: no proxy is running yet\nagentgazer: hint: agentgazer start\n";

/** Runs a command line while the proxy of this home runs. */
async function whileRunning(box: CommandLine, args: readonly string[]) {
  let result = await box.run(["--version"]);
  const { code } = await box.run(["start"], {
    async onErr(text, system) {
      if (!/listens on/.test(text)) return;
      result = await box.run(args);
      system.raise("SIGTERM");
    },
  });
  assert.equal(code, 0);
  return result;
}

Deno.test("env says on stderr alone that no proxy is running", async (t) => {
  using box = commandLine();
  await box.run(["providers", "set", "openai", "k-1"]);
  for (const shell of ["posix", "bash", "zsh", "fish", "json"]) {
    await t.step(shell, async () => {
      const args = ["env", "--shell", shell];
      const { code, out, err } = await box.run(args);
      assert.deepEqual([code, err], [0, NO_PROXY]);
      assert.deepEqual(await whileRunning(box, args), { code, out, err: "" });
    });
  }
  await t.step("but not where nothing is to be called", async () => {
    using empty = commandLine();
    assert.match((await empty.run(["env"])).err, /^agentgazer: no credential is stored.*\n.*<id>\n$/);
  });
});

Deno.test("env takes bash and zsh for names of posix", async () => {
  using box = commandLine();
  await box.run(["providers", "set", "openai", "k-1"]);
  const posix = await box.run(["env"]);
  for (const shell of ["posix", "bash", "zsh"]) {
    assert.deepEqual(await box.run(["env", "--shell", shell]), posix);
  }
});

const ASKED: [ids: string[], notes: [message: string, hint: string][]][] = [
  [["openai"], []],
  [["openai-oauth"], [["no credential of OpenAI Codex is stored", "agentgazer login openai-oauth"]]],
  [["openai,mistral", "yi"], [
    ["no credential of Mistral is stored", "agentgazer providers set mistral"],
    ["no credential of Yi (01.AI) is stored", "agentgazer providers set yi"],
  ]],
];

Deno.test("env --provider says for which there is no credential, and prints them all", async (t) => {
  using box = commandLine();
  await box.run(["providers", "set", "openai", "k-1"]);
  for (const [ids, notes] of ASKED) {
    await t.step(ids.join(" "), async () => {
      const { code, out, err } = await whileRunning(box, ["env", "--provider", ...ids]);
      assert.equal(code, 0);
      assert.ok(out.includes("OPENAI_BASE_URL"), out);
      assert.equal(out.includes("MISTRAL_BASE_URL"), ids.some((id) => id.includes("mistral")));
      const said = notes.map(([message, hint]) => `agentgazer: ${message}\nagentgazer: hint: ${hint}\n`);
      assert.equal(err, said.join(""));
    });
  }
});

Deno.test("env names the commands that bring a token that has ended back", async () => {
  using box = commandLine();
  const rows: [options: string, rights: string][] = [
    ["", ""],
    ["--allow openai google", " --allow openai google"],
    ["--allow-minting --allow yi", " --allow yi --allow-minting"],
  ];
  for (const [at, [options, rights]] of rows.entries()) {
    const name = `c${at}`;
    await box.run(["clients", "add", name, "--expires", "1h", ...options.split(" ").filter(Boolean)]);
    const { code, err } = await box.run(["env", "--client", name], { time: START_TIME + 3_600_000 });
    assert.equal(code, 6);
    const add = `agentgazer clients add ${name} --expires <time>${rights}`;
    assert.ok(err.endsWith(`\nagentgazer: hint: agentgazer clients remove ${name}, then: ${add}\n`), err);
  }
});

const FORBIDDEN: [args: string, printed: boolean, refused: string, ids: string][] = [
  ["env", false, "OpenAI, Mistral", "openai mistral"],
  ["env --for codex", false, "OpenAI", "openai"],
  ["env --for gemini-cli", false, "", ""],
  ["env --provider openai", true, "OpenAI", "openai"],
];

Deno.test("env says what a client may not use, and not that it is missing", async (t) => {
  using box = commandLine();
  for (const id of ["openai", "mistral"]) await box.run(["providers", "set", id, "k-1"]);
  await box.run(["clients", "add", "ci", "--allow", "yi"]);
  for (const [args, printed, refused, ids] of FORBIDDEN) {
    await t.step(args, async () => {
      const { code, out, err } = await whileRunning(box, [...args.split(" "), "--client", "ci"]);
      assert.deepEqual([code, out !== ""], [0, printed]);
      const note = refused === ""
        ? /^agentgazer: no credential is stored that this tool can use\n/
        : new RegExp(
          `^agentgazer: the client "ci" may not use ${refused}\n.*: agentgazer clients add <new name> --allow ${ids}\n$`,
        );
      assert.match(err, note);
    });
  }
});
