import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseArguments } from "../../scripts/fuzz/arguments.ts";
import { Chance } from "../../scripts/fuzz/chance.ts";
import { ascii } from "../../scripts/fuzz/corpus.ts";
import { minimise } from "../../scripts/fuzz/minimise.ts";
import { mutate } from "../../scripts/fuzz/mutate.ts";
import { run } from "../../scripts/fuzz/run.ts";
import type { Input, Target } from "../../scripts/fuzz/target.ts";
import { TARGETS } from "../../scripts/fuzz/targets.ts";
import { watch } from "../../scripts/fuzz/watch.ts";

/** A target whose inputs are words, with this check. */
function wordsTarget(check: (input: Input) => string | Promise<string>): Target<undefined> {
  return {
    name: "words",
    words: ["a", "bad", "c"],
    subject: undefined,
    generate: (c) => [c.pick(["x", "y"])],
    check,
  };
}

/** What is tried, up to so many inputs. */
async function trace(target: Target<undefined>, seed: number, most: number): Promise<Input[]> {
  const seen: Input[] = [];
  await run(target, {
    seed,
    kept: [["z"]],
    goesOn: () => seen.length < most,
    onInput: (input) => seen.push(input),
  });
  return seen;
}

Deno.test("parseArguments() takes targets, minutes and a seed", () => {
  assert.deepEqual(parseArguments([], ["a", "b"], 7), { targets: ["a", "b"], minutes: 1, seed: 7 });
  const args = ["b", "--minutes", "0.5", "--seed", "9"];
  assert.deepEqual(parseArguments(args, ["a", "b"], 7), { targets: ["b"], minutes: 0.5, seed: 9 });
});

Deno.test("parseArguments() says what is wrong", async (t) => {
  const rows: [args: string[], complaint: RegExp][] = [
    [["c"], /no target "c"; there are a, b/],
    [["--minutes", "0"], /--minutes wants/],
    [["--minutes", "-1"], /minutes/],
    [["--minutes", "x"], /--minutes wants/],
    [["--minutes", ""], /--minutes wants/],
    [["--minutes", "1e3"], /--minutes wants/],
    [["--minutes"], /minutes/],
    [["--seed", "4294967296"], /--seed wants/],
    [["--seed", "1.5"], /--seed wants/],
    [["--nothing"], /nothing/],
  ];
  for (const [args, complaint] of rows) {
    await t.step(args.join(" "), () => assert.match(String(parseArguments(args, ["a", "b"], 7)), complaint));
  }
});

Deno.test("main.ts ends with 2 for what it does not know", async () => {
  const main = fileURLToPath(new URL("../../scripts/fuzz/main.ts", import.meta.url));
  const args = ["run", "-q", "-A", "--no-check", main, "nothing"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "piped" })
    .output();
  assert.equal(code, 2);
  assert.match(new TextDecoder().decode(stderr), /there is no target "nothing"; there are request-head, /);
});

Deno.test("run() tries the same inputs for the same seed, and others for another", async () => {
  const target = wordsTarget(([text = ""]) => String(text.length));
  const first = await trace(target, 1, 300);
  assert.deepEqual(await trace(target, 1, 300), first);
  assert.notDeepEqual(await trace(target, 2, 300), first);
});

Deno.test("run() finds what a check refuses, and a rejection that nobody looks at", async (t) => {
  const options = { seed: 1, kept: [], goesOn: () => true, onInput() {} };
  await t.step("a check", async () => {
    const found = await run(
      wordsTarget((input) => {
        if (input.join().includes("bad")) throw new Error("it is bad");
        return "";
      }),
      options,
    );
    assert.match(String(found?.input), /bad/);
  });
  await t.step("a rejection", async () => {
    const found = await run(
      wordsTarget((input) => {
        if (input.join().includes("bad")) Promise.reject(new Error("left behind"));
        return "";
      }),
      options,
    );
    assert.match(String(found?.error), /left behind/);
    assert.match(String(found?.input), /bad/);
  });
});

Deno.test("minimise() drops all that is not needed", async () => {
  const fails = (input: Input) => Promise.resolve(input.join("").includes("bad"));
  assert.deepEqual(await minimise(["good", "very bad indeed", ""], fails), ["bad"]);
});

/** A module with one target of this name, whose check is this. */
function moduleWith(check: string): string {
  const target = `{ name: "t", words: ["w"], generate: () => ["g"], check: ${check} }`;
  return `data:text/javascript,${encodeURIComponent(`export const TARGETS = [${target}];`)}`;
}

Deno.test("watch() ends what does not end by itself, and says with which input", async (t) => {
  const order = { target: "t", seed: 1, milliseconds: 60_000, kept: [] };
  const rows: [what: string, check: string, error: RegExp][] = [
    ["a loop", "() => { for (;;); }", /longer than 2 seconds/],
    ["a promise", "() => new Promise(() => {})", /longer than 2 seconds/],
    ["a throw", '() => { throw new Error("found") }', /found/],
    [
      "a throw outside of the check",
      '() => new Promise(() => queueMicrotask(() => { throw new Error("astray") }))',
      /astray/,
    ],
  ];
  for (const [what, check, error] of rows) {
    await t.step(what, async () => {
      const { find } = await watch({ ...order, module: moduleWith(check) });
      assert.match(find?.error ?? "", error);
    });
  }
});

Deno.test("watch() says how much was tried when nothing is found", async () => {
  const module = moduleWith('() => ""');
  const { count, find } = await watch({ target: "t", seed: 1, milliseconds: 50, kept: [], module });
  assert.equal(find, undefined);
  assert.ok(count > 0);
});

Deno.test("inputs survive being kept", () => {
  const chance = new Chance(3);
  for (const { generate, words } of TARGETS) {
    let input = generate(chance);
    for (let i = 0; i < 50; i++) {
      input = mutate(input, chance, words, [input]).map((text) => text.slice(0, 5000));
      const text = ascii(JSON.stringify(input));
      assert.match(text, /^[\x20-\x7e]*$/);
      assert.deepEqual(JSON.parse(text), input);
    }
  }
});
