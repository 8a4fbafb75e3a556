// Welch's t of two classes of times, as dudect takes it (Reparaz, Balasch, Verbauwhede 2017). It is
// computed over all samples and over those below each of a row of percentiles, because interrupts
// make long tails. The largest value counts.
//
// Mean and variance come from Welford's recurrence. With those of simple-statistics, t is up to 40
// for two classes of one and the same time, a crop that a coarse clock produces: only their
// rounding differs. Welford's recurrence is exact there and gives 0.

/** Running mean and variance (Welford). */
interface Moments {
  count: number;
  mean: number;
  squares: number;
}

/** Times of both classes. */
export interface Classes {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/** The largest |t| over all crops that leave enough samples. */
export function largestT({ first, second }: Classes): number {
  const sorted = [...first, ...second].toSorted((a, b) => a - b);
  const crops = [Infinity, ...CROPS.map((part) => sorted[Math.floor(part * sorted.length)] ?? 0)];
  return crops.reduce((largest, limit) => Math.max(largest, _cropped({ first, second }, limit)), 0);
}

/** |t| of the times up to `limit`; 0 if there are too few. */
function _cropped({ first, second }: Classes, limit: number): number {
  const [a, b] = [_moments(first, limit), _moments(second, limit)];
  if (a.count < SAMPLES_MIN || b.count < SAMPLES_MIN) return 0;
  const error = a.squares / (a.count - 1) / a.count + b.squares / (b.count - 1) / b.count;
  if (error === 0) return a.mean === b.mean ? 0 : Infinity;
  return Math.abs(a.mean - b.mean) / Math.sqrt(error);
}

function _moments(times: readonly number[], limit: number): Moments {
  const moments = { count: 0, mean: 0, squares: 0 };
  for (const time of times) {
    if (time > limit) continue;
    moments.count += 1;
    const off = time - moments.mean;
    moments.mean += off / moments.count;
    moments.squares += off * (time - moments.mean);
  }
  return moments;
}

const SAMPLES_MIN = 500;

/** Denser towards 1: 1 - 0.5^(10 k / 20). */
const CROPS = Array.from({ length: 20 }, (_, k) => 1 - 0.5 ** ((10 * (k + 1)) / 20));
