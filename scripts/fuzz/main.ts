/**
 * Tries the code with inputs that nobody thought of, one target after the other.
 *
 *   scripts/deno task fuzz [<target>…] [--minutes <n>] [--seed <n>]
 *
 * An input with which something does not hold is kept in tests/testdata/fuzz, where a test tries it again.
 */
import { parseArguments } from "./arguments.ts";
import { keep, keptInputs } from "./corpus.ts";
import { TARGETS } from "./targets.ts";
import { watch } from "./watch.ts";

const known = TARGETS.map(({ name }) => name);
const asked = parseArguments(Deno.args, known, crypto.getRandomValues(new Uint32Array(1))[0]!);
if (typeof asked === "string") {
  console.error(`fuzz: ${asked}`);
  Deno.exit(2);
}
for (const target of asked.targets) {
  const begun = performance.now();
  const { count, find } = await watch({
    target,
    seed: asked.seed,
    milliseconds: asked.minutes * 60_000,
    kept: [...keptInputs(target).values()],
    module: import.meta.resolve("./targets.ts"),
  });
  const perSecond = Math.round(count / (performance.now() - begun) * 1000);
  console.log(`${target.padEnd(14)} ${count} inputs, ${perSecond}/s, --seed ${asked.seed}`);
  if (find === undefined) continue;
  console.error(`fuzz: ${target}: ${find.error}\nkept as ${keep(target, find.input)}`);
  Deno.exit(1);
}
