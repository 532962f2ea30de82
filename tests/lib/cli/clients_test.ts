import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { commandLine } from "../../support/command_line.ts";
import { tamper } from "../../support/command_vault.ts";

Deno.test("clients add says how to see a token that could not be written", async () => {
  using box = commandLine();
  const { code, out, err } = await box.run(["clients", "add", "ci"], {
    onOut: () => {
      throw new AppError("usage", "Cannot write the answer to stdout", "the command itself was carried out");
    },
  });
  assert.deepEqual([code, out], [2, ""]);
  const command = "agentgazer env --client ci";
  assert.equal(
    err,
    "agentgazer: error: Cannot write the answer to stdout\n" +
      `agentgazer: hint: the client was added; to see its token: ${command}\n`,
  );
  const again = await box.run(command.split(" ").slice(1).concat("--provider", "openai"));
  assert.match(again.out, /'agz_/);
});

Deno.test("a listing does not call a vault empty that has only damaged entries", async (t) => {
  const rows: [add: string[], list: string[]][] = [
    [["clients", "add", "ci"], ["clients", "list"]],
    [["providers", "set", "openai", "k-1"], ["providers", "list"]],
  ];
  for (const [add, list] of rows) {
    await t.step(list.join(" "), async () => {
      using box = commandLine();
      await box.run(add);
      tamper(box, (entries) => {
        for (const name of entries.keys()) entries.set(name, {});
      });
      const { code, out, err } = await box.run(list);
      assert.deepEqual([code, out], [8, ""]);
      assert.match(err, /^agentgazer: error: /);
    });
  }
});
