// Interleaved runs: each round measures every subject once, so that what disturbs the machine hits all alike, and the next round goes
// through them backwards, so that nobody is always the one after the warm cache.

import type { Sample, Subject } from "./record.ts";

/** A subject as the runner meets it. */
export interface Contender {
  readonly subject: Subject;
  /** Takes one sample. */
  readonly measure: () => Sample | Promise<Sample>;
}

export interface RoundOptions {
  /** Samples kept of each subject. */
  readonly runs: number;
  /** Rounds before them that are thrown away. */
  readonly warmups: number;
  /** Told which round of how many begins, warm-up included. */
  readonly onRound?: (round: number, of: number) => void;
}

/** Measures all contenders in turns; the samples of each in the order they were taken. */
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
