// Shows a histogram of the gateway in one line of text.

import type { Histogram } from "../model/histogram.ts";

const QUANTILES = [["p50", 0.5], ["p90", 0.9], ["p99", 0.99]] as const;

/**
 * Upper bounds of three quantiles since the gateway's start:
 * `p50 ≤ 1ms, p90 ≤ 10ms, p99 > 10ms`.
 */
export function histogramText(histogram: Histogram, text: (bound: number) => string): string {
  if (histogram.counts.every((count) => count === 0)) return "none";
  const last = text(histogram.bounds.at(-1) ?? 0);
  return QUANTILES.map(([name, share]) => {
    const bound = quantileBound(histogram, share);
    return `${name} ${bound === undefined ? `> ${last}` : `≤ ${text(bound)}`}`;
  }).join(", ");
}

/**
 * Upper bound of the bucket that holds a quantile; undefined past the last bound. The dashboard's
 * histogram.js has the same function, but cannot share it (see format.ts).
 */
function quantileBound({ bounds, counts }: Histogram, share: number): number | undefined {
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  return bounds.find((_, at) => {
    below += counts[at] ?? 0;
    return below >= wanted;
  });
}
