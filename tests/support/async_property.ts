import fc from "fast-check";

/** Any number does; a fixed one makes every run check the same cases. */
const SEED = 20_261_124;

/** As `forAll()` is, for what has to be waited for. */
export async function forAllAsync<Values extends [unknown, ...unknown[]]>(
  ...args: [
    ...arbitraries: { [I in keyof Values]: fc.Arbitrary<Values[I]> },
    holds: (...values: Values) => Promise<void>,
  ]
): Promise<void> {
  const property = fc.asyncProperty(...args as Parameters<typeof fc.asyncProperty<Values>>);
  await fc.assert(property, Deno.env.get("SLOW") === "1" ? { numRuns: 5000 } : { numRuns: 200, seed: SEED });
}
