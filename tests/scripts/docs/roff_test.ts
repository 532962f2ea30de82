import assert from "node:assert/strict";
import { commandTree, type Page, pageOf } from "../../../scripts/docs/pages.ts";
import { manualPages } from "../../../scripts/docs/roff.ts";
import { testWith } from "../../support/needs.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const SECONDS = Date.UTC(2026, 10, 2) / 1000;

/** Everything that roff takes for something else. */
const HOSTILE = `.so /etc/passwd 'x' "y" \\fB -a --b ~c ^d \`e\``;

const ODD: Page = {
  name: "agentgazer odd",
  text: HOSTILE,
  usage: "agentgazer odd [options]",
  arguments: [{ term: "id", text: `${"word ".repeat(30)}.hidden` }],
  options: [{ term: '--x "<y>"', text: HOSTILE }],
  examples: [[`echo "a b" 'c'`, "'tis"]],
  below: [],
};

async function run(program: string, ...args: string[]): Promise<string> {
  const env = { LC_ALL: "C.UTF-8", MANWIDTH: "79", PATH: Deno.env.get("PATH")! };
  const command = new Deno.Command(program, { args, env, clearEnv: true, stdin: "null" });
  const { stdout, stderr } = await command.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const program = pageOf(commandTree());

Deno.test("manualPages() makes one page of the program, and one of each command", () => {
  const files = manualPages(program, "1.2.3", SECONDS).map(({ file }) => file);
  assert.deepEqual(files, [
    "agentgazer.1",
    ...program.below.map(({ name }) => `${name.replace(" ", "-")}.1`),
  ]);
  assert.ok(files.includes("agentgazer-start.1"));
});

Deno.test("manualPages() says all that the help says", () => {
  const text = manualPages(program, "1.2.3", SECONDS).map(({ text }) => text).join("").replace(/\\/g, "");
  const leaves = program.below.flatMap((page) => page.below.length > 0 ? page.below : [page]);
  assert.ok(leaves.length > 15);
  for (const { name, options, examples } of leaves) {
    assert.ok(text.includes(name), name);
    for (const { term } of options) assert.ok(text.includes(term), term);
    for (const [line] of examples) assert.ok(text.includes(line.replaceAll('"', "(dq")), line);
  }
});

testWith(
  ["mandoc"],
  "manual pages are without faults, also of texts that mean something to roff",
  async (t) => {
    using folder = temporaryFolder();
    for (
      const { file, text } of manualPages({ ...program, below: [...program.below, ODD] }, "1.2.3", SECONDS)
    ) {
      await t.step(file, async () => {
        Deno.writeTextFileSync(folder.at(file), text);
        assert.equal(await run("mandoc", "-Tlint", "-Wstyle", folder.at(file)), "");
      });
    }
    await t.step("and show those texts as they are", async () => {
      const shown = await run("mandoc", "-Tutf8", folder.at("agentgazer-odd.1"));
      const plain = shown.replace(/.[\b]/g, "").replace(/\s+/g, " ");
      assert.ok(plain.includes(`agentgazer-odd - ${HOSTILE}`), plain);
      assert.ok(plain.includes(`--x "<y>" ${HOSTILE}`), plain);
      assert.ok(plain.includes(`echo "a b" 'c' 'tis`), plain);
      assert.ok(plain.includes("word .hidden"), plain);
      assert.ok(plain.includes("2026-11-02"), plain);
    });
  },
);
