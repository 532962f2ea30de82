import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { commandLine } from "../../support/command_line.ts";
import { putEntry } from "../../support/command_vault.ts";
import { stored } from "../../support/stored.ts";

const LOGINS = PROVIDERS.filter(({ auth }) => auth !== "api-key");

Deno.test("providers remove leaves a login to logout, also one that is damaged or asked for with --yes", async (t) => {
  for (const { id } of LOGINS) {
    for (const args of [[], ["--yes"]]) {
      await t.step([id, ...args].join(" "), async () => {
        using line = commandLine();
        await putEntry(line, "login", id, '{"accessToken":"token"}');
        const options = { isTerminal: true, stdin: ["y\n"] };
        const { code, err } = await line.run(["providers", "remove", id, ...args], options);
        assert.equal(code, 2, err);
        assert.match(
          err,
          new RegExp(`credential is a login\\nagentgazer: hint: agentgazer logout ${id}\\n$`),
        );
        assert.equal(await stored(line.home, "login", id), '{"accessToken":"token"}');
      });
    }
  }
  await t.step("a login of a provider that this version does not know", async () => {
    using line = commandLine();
    await putEntry(line, "login", "future", '{"accessToken":"token"}');
    const { code, err } = await line.run(["providers", "remove", "future", "--yes"]);
    assert.equal(code, 2);
    assert.match(err, /hint: agentgazer logout future\n$/);
    assert.equal((await line.run(["logout", "future"])).code, 0);
    assert.equal(await stored(line.home, "login", "future"), undefined);
  });
  await t.step("a login that there is not", async () => {
    using line = commandLine();
    assert.equal((await line.run(["providers", "remove", "openai-oauth", "--yes"])).code, 4);
  });
});

Deno.test("providers set takes no key for a login, and names the command", async (t) => {
  for (const { id } of LOGINS) {
    await t.step(id, async () => {
      using line = commandLine();
      const { code, err } = await line.run(["providers", "set", id, "key-canary"]);
      assert.equal(code, 2);
      assert.match(err, new RegExp(`hint: agentgazer login ${id}\\n$`));
      assert.ok(!err.includes("canary"));
    });
  }
});

/** The words that may follow, in the script of bash. */
async function wordsAt(path: string): Promise<string[]> {
  using line = commandLine();
  const { out } = await line.run(["completions", "bash"]);
  const [, words] = new RegExp(`^    "${path}"\\) words="(.*)" ;;$`, "m").exec(out)!;
  return words!.split(" ");
}

Deno.test("completions knows login and logout", async (t) => {
  const rows: [path: string, words: string[]][] = [
    ["", ["login", "logout"]],
    ["login", ["--device", "--no-browser", "--region", ...LOGINS.map(({ id }) => id)]],
    ["logout", LOGINS.map(({ id }) => id)],
  ];
  for (const [path, expected] of rows) {
    await t.step(path, async () => {
      const words = await wordsAt(path);
      for (const word of expected) assert.ok(words.includes(word), word);
    });
  }
});
