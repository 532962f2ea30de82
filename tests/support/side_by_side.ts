/** How many rows run at once: most of them wait for a program that sleeps. */
const AT_ONCE = 16;

/** A step's name, and what it checks. */
type Row = readonly [what: string, ...rest: readonly unknown[]];

/** Runs a step for each row, several at a time. Rows share nothing, or nothing that they change. */
export async function sideBySide<const R extends Row>(
  t: Deno.TestContext,
  rows: readonly R[],
  check: (row: R) => Promise<void>,
): Promise<void> {
  const sanitize = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  const left = [...rows];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let row = left.shift(); row !== undefined; row = left.shift()) {
      const one = row;
      await t.step({ name: one[0], fn: () => check(one), ...sanitize });
    }
  }));
}
