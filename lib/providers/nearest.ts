/**
 * The candidate that is most like what was typed, if one is near enough to be what was meant. The typed
 * text itself must not be shown: it may be a key in the wrong place.
 */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  const wanted = typed.slice(0, 40).toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate);
    const near = distance <= Math.max(wanted.length, candidate.length) / 3;
    if (near && distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** The number of single-character changes between two words (Levenshtein, 1965). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, change));
    }
    row = next;
  }
  return row[b.length]!;
}
