import fc from "fast-check";
import assert from "node:assert/strict";
import { nearest } from "../../../lib/providers/nearest.ts";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { forAll } from "../../support/property.ts";

const IDS = PROVIDERS.map(({ id }) => id);

const ROWS: [typed: string, meant: string | undefined][] = [
  ["opneai", "openai"],
  ["open-ai", "openai"],
  ["OPENAI", "openai"],
  ["openia", "openai"],
  ["opena", "openai"],
  ["openai-auth", "openai-oauth"],
  ["openaioauth", "openai-oauth"],
  ["antropic", "anthropic"],
  ["anthorpic", "anthropic"],
  ["Anthropics", "anthropic"],
  ["gogle", "google"],
  ["goggle", "google"],
  ["mistrall", "mistral"],
  ["deep-seek", "deepseek"],
  ["moon-shot", "moonshot"],
  ["zhipu-codeing-plan", "zhipu-coding-plan"],
  ["minimaxi", "minimax"],
  ["minimax-auth", "minimax-oauth"],
  ["baichaun", "baichuan"],
  ["coher", "cohere"],
  ["li", undefined],
  ["", undefined],
  ["x", undefined],
  ["grok", undefined],
  ["openrouter", undefined],
  ["opencode", undefined],
  ["anthill", undefined],
  ["perplexity", undefined],
  ["xxxxxxxx", undefined],
  ["????????", undefined],
  ["sk-proj-0123456789ABCDEFGHIJ", undefined],
  ["sk-ant-api03-0123456789ABCDEFGHIJ", undefined],
  ["x".repeat(10_000), undefined],
  ["openai".repeat(100), undefined],
];

Deno.test("nearest() gives what was most likely meant, and nothing for what is like nothing", async (t) => {
  for (const [typed, meant] of ROWS) {
    await t.step(typed.slice(0, 40), () => assert.equal(nearest(typed, IDS), meant));
  }
});

Deno.test("nearest() has no suggestion when there are no candidates", () => {
  assert.equal(nearest("openai", []), undefined);
  assert.equal(nearest("", []), undefined);
});

Deno.test("nearest() finds every id, in any case and behind one wrong letter", () => {
  const long = IDS.filter((id) => id.length > 4);
  forAll(fc.constantFrom(...long), fc.nat(30), fc.stringMatching(/^[qxw]$/), (id, at, letter) => {
    const i = at % (id.length + 1);
    assert.equal(nearest(id.toUpperCase(), IDS), id);
    assert.equal(nearest(id.slice(0, i) + letter + id.slice(i), IDS), id);
  });
});

Deno.test("nearest() answers with a candidate or nothing, whatever was typed", () => {
  forAll(fc.string({ unit: "binary", maxLength: 45 }), (typed) => {
    const near = nearest(typed, IDS);
    assert.ok(near === undefined || IDS.includes(near));
  });
});
