import fc from "fast-check";

/** Any number does; a fixed one makes every run check the same cases. */
const SEED = 20_261_101;

/** Checks a property on a few hundred cases that are always the same; `SLOW=1` takes many, new at every run. */
export function forAll<Values extends [unknown, ...unknown[]]>(
  ...args: [
    ...arbitraries: { [I in keyof Values]: fc.Arbitrary<Values[I]> },
    holds: (...values: Values) => void,
  ]
): void {
  const property = fc.property(...args as Parameters<typeof fc.property<Values>>);
  fc.assert(property, Deno.env.get("SLOW") === "1" ? { numRuns: 20_000 } : { numRuns: 400, seed: SEED });
}
