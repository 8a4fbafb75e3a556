// Reads histograms of counters: the buckets of an interval, and quantiles.

/** @typedef {import("../model/histogram.ts").Histogram} Histogram */

/**
 * Counts between two readings. A count that went down belongs to a restarted gateway, and is new.
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
 * Upper bound of the bucket that holds a quantile. Infinity past the last bound.
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
 * The first and the last bucket to show: those with counts, and one empty bucket on either side if
 * there is one.
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
