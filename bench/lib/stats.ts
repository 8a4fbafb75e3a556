// Order statistics of a few samples, which describe the spread of a bench. Percentiles between two
// samples are interpolated linearly (type 7 of Hyndman and Fan, the default of R and NumPy).

import { quantile } from "simple-statistics";
import type { Spread } from "./record.ts";

/**
 * Median, 10th and 90th percentile of the samples.
 *
 * @throws {RangeError} If there is no sample, or one that is not a finite number
 */
export function spreadOf(samples: readonly number[]): Spread {
  return {
    median: percentile(samples, 50),
    low: percentile(samples, 10),
    high: percentile(samples, 90),
  };
}

/**
 * The value below which `percent` of the samples lie.
 *
 * @param percent 0 to 100
 * @throws {RangeError} If there is no sample, or one that is not a finite number
 */
export function percentile(samples: readonly number[], percent: number): number {
  if (samples.length === 0) throw new RangeError("Cannot summarize: no samples");
  const strange = samples.find((sample) => !Number.isFinite(sample));
  if (strange !== undefined) throw new RangeError(`Cannot summarize: a sample is ${strange}`);
  return quantile(samples, percent / 100);
}
