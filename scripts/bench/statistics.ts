/** The value at a share of a sorted list, such as 0.5 for the median; the mean of two neighbours in between. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("There are no values");
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The median of what one series is to another, run by run, since a machine is not as fast in every minute. */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  if (values.length !== others.length) throw new RangeError("The series differ in length");
  return median(values.map((value, i) => value / others[i]!));
}
