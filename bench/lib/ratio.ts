// Compares two subjects of a case when neither is the baseline.

import type { BenchRecord } from "./record.ts";

/** A ratio of rates with its 10th and 90th percentile. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Our rate over a rival's, from the ratios of both to the baseline, which were taken round by
 * round. The low end is our worst over their best, the high end our best over their worst. If the
 * rival is the baseline, the ends are those of the rounds.
 *
 * @param rival Of the same case and run
 * @returns `undefined` if either was not compared with the baseline round by round
 */
export function pairedRatio(ours: BenchRecord, rival: BenchRecord): Ratio | undefined {
  const [own, other] = [_roundsOf(ours), _roundsOf(rival)];
  if (own === undefined || other === undefined || ours.baseline !== rival.baseline) {
    return undefined;
  }
  return {
    value: own.value / other.value,
    low: own.low / other.high,
    high: own.high / other.low,
  };
}

function _roundsOf({ ratio, ratioLow, ratioHigh }: BenchRecord): Ratio | undefined {
  if (ratioLow === undefined || ratioHigh === undefined) return undefined;
  return { value: ratio, low: ratioLow, high: ratioHigh };
}
