import assert from "node:assert/strict";
import { assertOnly, checkUp } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { homeOf } from "../../support/command_vault.ts";

Deno.test("doctor looks at the folder", async (t) => {
  const rows: [mode: number, level: "warning" | "error", message: RegExp, fix: RegExp, code: number][] = [
    [0o755, "warning", /can be looked into by others/, /^chmod 700 \S+$/, 0],
    [0o710, "warning", /can be looked into by others/, /^chmod 700 /, 0],
    [0o770, "error", /others may write to it/, /^chmod go-w \S+$/, 6],
    [0o702, "error", /others may write to it/, /^chmod go-w /, 6],
    [0o777, "error", /others may write to it/, /^chmod go-w /, 6],
  ];
  for (const [mode, level, message, fix, code] of rows) {
    await t.step(mode.toString(8), async () => {
      using line = commandLine();
      await line.run(["providers", "set", "openai"], { stdin: ["key"] });
      Deno.chmodSync(line.home, mode);
      const result = await checkUp(line);
      assertOnly(result, "home", level, message, fix);
      assert.equal(result.code, code);
    });
  }
  await t.step("a file in its place", async () => {
    using line = commandLine();
    Deno.writeTextFileSync(line.home, "");
    const { code, troubles } = await checkUp(line);
    assert.match(troubles[0]!.message, /it is not a folder/);
    assert.equal(code, 6);
  });
  await t.step("a path that has to be quoted", async () => {
    using line = commandLine();
    const odd = `${line.home} of 'ada'`;
    Deno.mkdirSync(odd);
    Deno.chmodSync(odd, 0o755);
    const result = await checkUp(line, { env: { AGENTGAZER_HOME: odd } });
    assertOnly(result, "home", "warning", /looked into/, `chmod 700 '${odd.replaceAll("'", "'\\''")}'`);
  });
});

Deno.test("doctor looks at every file, and the fix mends it", async (t) => {
  for (const name of ["vault.json", "vault.lock", "machine.key", "proxy.json"]) {
    const rows: [what: string, spoil: (path: string) => void, message: RegExp][] = [
      ["0644", (path) => Deno.chmodSync(path, 0o644), /others may open it/],
      ["0620", (path) => Deno.chmodSync(path, 0o620), /others may open it/],
      ["a link", (path) => {
        Deno.renameSync(path, `${path}.real`);
        Deno.symlinkSync(`${path}.real`, path);
      }, /it is a link/],
      ["a second hard link", (path) => Deno.linkSync(path, `${path}.other`), /second hard link/],
    ];
    for (const [what, spoil, message] of rows) {
      await t.step(`${name}: ${what}`, async () => {
        using line = commandLine();
        await line.run(["providers", "set", "openai"], { stdin: ["key"] });
        const path = `${line.home}/${name}`;
        if (name === "proxy.json") {
          Deno.writeTextFileSync(path, '{"url":"http://127.0.0.1:1","pid":1}');
          Deno.chmodSync(path, 0o600);
        }
        spoil(path);
        const { troubles, code } = await checkUp(line);
        const found = troubles.find(({ check }) => check === "files")!;
        assert.equal(found.level, "error");
        assert.ok(found.message.includes(path));
        assert.match(found.message, message);
        assert.ok([5, 6].includes(code));
        const { success } = await new Deno.Command("sh", { args: ["-c", found.fix!] }).output();
        assert.ok(success, found.fix!);
        assert.deepEqual((await checkUp(line)).troubles, []);
      });
    }
  }
});

Deno.test("doctor takes a folder in the place of a file for what it is", async () => {
  using line = commandLine();
  Deno.mkdirSync(homeOf(line).vault, { recursive: true });
  Deno.chmodSync(line.home, 0o700);
  const { troubles, code } = await checkUp(line);
  assert.match(troubles[0]!.message, /vault\.json: it is not a file/);
  assert.equal(code, 6);
});
