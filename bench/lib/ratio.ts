// How one subject of a case stands to another that is not the baseline of both.

import type { BenchRecord } from "./record.ts";

/** A ratio of rates with its 10th and 90th percentile. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Our rate over a rival's by what each record says of the baseline, round by round. The ends are the worst of ours over the best of theirs,
 * and the other way round; with the baseline itself they are those of the rounds.
 *
 * @param rival Of the same case and run
 * @returns `undefined` if either has not been compared round by round
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
