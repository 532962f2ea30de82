import assert from "node:assert/strict";
import type { Trouble } from "../../../lib/vault/keystore.ts";
import { checkUp, telling } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { homeOf, putEntry, tamper, troubledKeyStores } from "../../support/command_vault.ts";
import { START_TIME } from "../../support/fake_system.ts";

Deno.test("doctor says what is wrong with the keystore", async (t) => {
  const states: Trouble["state"][] = ["absent", "locked", "declined", "denied", "unavailable", "corrupt"];
  for (const state of states) {
    const trouble = { state, reason: `it is ${state}`, hint: `mend ${state}` };
    for (const withVault of [true, false]) {
      await t.step(`${state} ${withVault ? "with" : "without"} a vault`, async () => {
        using line = commandLine();
        if (withVault) await line.run(["providers", "set", "openai"], { stdin: ["key"] });
        const result = await checkUp(line, { keyStores: troubledKeyStores(trouble) });
        const [first] = result.troubles;
        const { vault } = homeOf(line);
        const lost = `; if the key is lost: mv ${vault} ${vault}.lost, and store the keys again`;
        const fix = withVault && ["absent", "corrupt"].includes(state) ? trouble.hint + lost : trouble.hint;
        assert.deepEqual([first!.level, first!.message, first!.fix], ["error", trouble.reason, fix]);
        assert.equal(result.code, 5);
        assert.equal(result.troubles.length, 1, JSON.stringify(result.troubles));
      });
    }
  }
});

Deno.test("doctor says that the key does not fit", async () => {
  using line = commandLine();
  await line.run(["providers", "set", "openai"], { stdin: ["key"] });
  const path = homeOf(line).machineKey;
  const text = Deno.readFileSync(path);
  Deno.writeFileSync(path, text.map((byte) => byte ^ 1));
  const { code, troubles } = await checkUp(line);
  assert.equal(code, 5);
  assert.equal(troubles.length, 1);
  assert.match(
    troubles[0]!.fix!,
    /; if the key is lost: mv \S+vault\.json \S+vault\.json\.lost, and store the keys again$/,
  );
});

Deno.test("doctor asks nobody", async () => {
  using line = commandLine();
  await line.run(["providers", "set", "openai"], { stdin: ["key"] });
  const manners: string[] = [];
  const trouble = troubledKeyStores({ state: "locked", reason: "r", hint: "h" });
  await checkUp(line, {
    keyStores: (_, manner) => {
      manners.push(manner);
      return trouble();
    },
  });
  assert.ok(manners.length > 0);
  assert.deepEqual([...new Set(manners)], ["silent"]);
});

Deno.test("doctor shows what needs no key although the keystore is locked", async (t) => {
  const keyStores = troubledKeyStores({ state: "locked", reason: "locked", hint: "unlock" });
  await t.step("when each was stored", async () => {
    using line = commandLine();
    await line.run(["providers", "set", "openai"], { stdin: ["key"] });
    await line.run(["clients", "add", "ci"]);
    await putEntry(line, "login", "openai-oauth", '{"accessToken":"a"}');
    const { findings, troubles } = await checkUp(line, { keyStores });
    assert.deepEqual(troubles.map(({ check, fix }) => [check, fix]), [["keystore", "unlock"]]);
    const stored = `stored ${new Date(START_TIME).toISOString()}, not opened`;
    const shown = findings.filter(({ check }) => ["api-key", "login", "client"].includes(check));
    assert.deepEqual(shown.map(({ check, level, message }) => [check, level, message]), [
      ["api-key", "ok", `openai: ${stored}`],
      ["login", "ok", `openai-oauth: ${stored}`],
      ["client", "ok", `a client: ${stored}`],
    ]);
  });
  await t.step("which clear parts are damaged", async () => {
    using line = commandLine();
    for (const id of ["openai", "yi"]) await line.run(["providers", "set", id], { stdin: ["key"] });
    tamper(line, (entries) => entries.set("api-key:openai", { kind: "api-key" }));
    const { troubles, findings } = await checkUp(line, { keyStores });
    assert.deepEqual(troubles.map(({ check }) => check), ["keystore", "api-key"]);
    assert.ok(findings.some(({ message }) => message.startsWith("yi: stored ")));
  });
  await t.step("nothing that anyone may have written into the file", async () => {
    using line = commandLine();
    await line.run(["providers", "set", "openai"], { stdin: ["key"] });
    tamper(line, (entries) => {
      const entry = entries.get("api-key:openai") as Record<string, string>;
      for (const kind of ["api-key", "login", "client"]) {
        entries.set(`${kind}:owned`, { ...entry, kind });
        entries.set(`${kind}:\x1b]0;owned\x07`, { ...entry, kind });
      }
      entries.set("api-key:yi", { ...entry, updatedAt: "\x1b]0;owned\x07" });
    });
    for (const args of [["doctor"], ["doctor", "--json"]]) {
      const { out, err } = await line.run(args, { keyStores, upstream: telling(START_TIME) });
      for (const text of ["owned", "\x1b", "\x07"]) assert.ok(!(out + err).includes(text), text);
      assert.match(out, /an unknown provider: stored /);
    }
  });
});
