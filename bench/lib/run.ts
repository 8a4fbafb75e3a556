// Interleaved runs. Each round measures every subject once, so that disturbances of the machine hit
// all alike. Every other round goes backwards, so that no subject always runs on the caches that
// the same neighbour left.

import type { Sample, Subject } from "./record.ts";

/** A subject, as the runner sees it. */
export interface Contender {
  readonly subject: Subject;
  /** Takes one sample. */
  readonly measure: () => Sample | Promise<Sample>;
}

export interface RoundOptions {
  /** Samples to keep of each subject. */
  readonly runs: number;
  /** Rounds to run before them and throw away. */
  readonly warmups: number;
  /** Called when a round begins, with its number and their count. Warm-up rounds are counted. */
  readonly onRound?: (round: number, of: number) => void;
}

/**
 * Measures all contenders in turns. The samples of each are in the order in which they were taken.
 */
export async function runRounds(
  contenders: readonly Contender[],
  { runs, warmups, onRound }: RoundOptions,
): Promise<Map<Subject, Sample[]>> {
  const samples = new Map<Subject, Sample[]>(contenders.map(({ subject }) => [subject, []]));
  if (samples.size !== contenders.length) throw new RangeError("Two contenders of one name");
  for (let round = 0; round < warmups + runs; round++) {
    onRound?.(round + 1, warmups + runs);
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const { subject, measure } of order) {
      const sample = await measure();
      if (round >= warmups) samples.get(subject)?.push(sample);
    }
  }
  return samples;
}
