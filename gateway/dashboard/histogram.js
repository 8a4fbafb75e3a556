// What a histogram of counters tells: the buckets of a stretch of time, and quantiles of them.

/** @typedef {import("../model/histogram.ts").Histogram} Histogram */

/**
 * What was counted between two readings. A counter that went back began anew.
 *
 * @param {Histogram | undefined} before
 * @param {Histogram} after
 * @returns {number[]} Counts per bucket
 */
export function countsBetween(before, after) {
  return after.counts.map((count, i) => {
    const old = before?.counts[i] ?? 0;
    return count >= old ? count - old : count;
  });
}

/**
 * Upper bound of the bucket in which a quantile lies; Infinity past the last bound.
 *
 * @param {readonly number[]} bounds
 * @param {readonly number[]} counts One more than bounds
 * @param {number} quantile 0 to 1
 * @returns {number | undefined} Undefined if nothing was counted
 */
export function quantileBound(bounds, counts, quantile) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [i, count] of counts.entries()) {
    below += count;
    if (below >= total * quantile) return bounds[i] ?? Infinity;
  }
  return Infinity;
}

/**
 * First and last bucket that hold anything, with one empty one on either side where there is one.
 *
 * @param {readonly number[]} counts
 * @returns {readonly [number, number] | undefined} Both inclusive; undefined if all are empty
 */
export function usedRange(counts) {
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return undefined;
  const last = counts.findLastIndex((count) => count > 0);
  return [Math.max(first - 1, 0), Math.min(last + 1, counts.length - 1)];
}
