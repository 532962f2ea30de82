import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import { debianChangelog } from "../../../scripts/packaging/changelog.ts";
import { ROOT } from "../../support/needs.ts";

function made(lines: string, version = "1.0.0"): string {
  return debianChangelog(`# Changelog\n\n${lines}\n`, version, "Ada <ada@example.test>", 1_700_000_000);
}

/** What Debian's changelog has for the only version. */
function section(items: string, date = "Tue, 14 Nov 2023 22:13:20 +0000"): string {
  return `agentgazer (1.0.0) unstable; urgency=medium\n\n${items}\n\n -- Ada <ada@example.test>  ${date}\n`;
}

Deno.test("debianChangelog() keeps every word of every item", async (t) => {
  const rows: [name: string, items: string, wanted: string][] = [
    ["one", "- a", "  * a"],
    ["a dash inside", "- a - b - c", "  * a - b - c"],
    ["a dash at the end of a line", "- a -\n  b", "  * a - b"],
    ["lines that go on", "- a\n  b\n  c\n- d", "  * a b c\n  * d"],
    ["space between", "- a\n\n- b", "  * a\n  * b"],
    ["marks", "- `a --b`, *c* and #1\n  -d", "  * `a --b`, *c* and #1 -d"],
    ["long", `- ${"word ".repeat(20).trim()}`, `  *${" word".repeat(15)}\n   ${" word".repeat(5)}`],
  ];
  for (const [name, items, wanted] of rows) {
    await t.step(name, () => assert.equal(made(`## 1.0.0 (unreleased)\n\n${items}`), section(wanted)));
  }
});

Deno.test("debianChangelog() dates each version", () => {
  const both = made("## 1.0.0 (unreleased)\n\n- b\n\n## 0.9.0 (2023-01-02)\n\n- a");
  const older = section("  * a", "Mon, 02 Jan 2023 00:00:00 +0000").replace("1.0.0", "0.9.0");
  assert.equal(both, `${section("  * b")}\n${older}`);
});

Deno.test("debianChangelog() refuses what it would garble", async (t) => {
  const head = "## 1.0.0 (unreleased)\n\n";
  const rows: [name: string, lines: string, says: RegExp][] = [
    ["an introduction", `All changes.\n\n${head}- a`, /text before the first version$/],
    ["an introduction of a version", `${head}New:\n\n- a`, /belongs to no item: New:$/],
    ["a heading below", `${head}### Added\n\n- a`, /belongs to no item: ### Added$/],
    ["text behind", `${head}- a\n\nThanks.`, /belongs to no item: Thanks\.$/],
    ["a list in an item", `${head}- a\n  - b`, /belongs to no item: {3}- b$/],
    ["a numbered list in an item", `${head}- a\n  1. b`, /belongs to no item/],
    ["code in an item", `${head}- a\n  \`\`\`sh`, /belongs to no item/],
    ["another mark", `${head}* a`, /belongs to no item: \* a$/],
    ["what goes on with nothing", `${head}  a`, /belongs to no item/],
    ["a tab", `${head}- a\n\tb`, /belongs to no item/],
    ["an item without text", `${head}-`, /belongs to no item: -$/],
    ["no items", head, /a version without changes/],
    ["no date", "## 1.0.0\n\n- a", /a heading that is no version: ## 1\.0\.0$/],
    ["half a date", "## 1.0.0 (2026-1-2)\n\n- a", /a heading that is no version/],
    ["a date that there is not", "## 1.0.0 (2026-13-01)\n\n- a", /a heading that is no version/],
    ["another version", "## 1.0.1 (unreleased)\n\n- a", /does not begin with 1\.0\.0$/],
    ["nothing", "", /does not begin with 1\.0\.0$/],
  ];
  for (const [name, lines, says] of rows) {
    await t.step(name, () => assert.throws(() => made(lines), says));
  }
});

Deno.test("debianChangelog() reads the one that there is", async () => {
  const text = await Deno.readTextFile(join(ROOT, "CHANGELOG.md"));
  const items = text.match(/^- /gm)!.length;
  assert.equal(debianChangelog(text, config.version, "Ada", 0).match(/^ {2}\* /gm)!.length, items);
});
