// What a subject of this bench is: something that prepares a batch and then runs it repeatedly.

import type { Sample, Subject } from "../lib/record.ts";
import type { Contender } from "../lib/run.ts";
import type { Operation, Workload } from "./workload.ts";

/** A batch that is ready to run. */
export interface Batch {
  /** Packets that one `run` processes. */
  readonly packets: number;
  /** Restores the input that `run` overwrote. This time is not counted. */
  restore?(): void;
  run(): void | Promise<void>;
  /** Throws if the result of the last `run` differs from the workload's. */
  check(): void;
  /** Releases what was prepared. */
  close?(): void;
}

/** One subject. */
export interface Kernel {
  readonly subject: Subject;
  /** `undefined` if it does not have this AEAD. */
  prepare(
    operation: Operation,
    workload: Workload,
  ): Batch | undefined | Promise<Batch | undefined>;
}

/** How one sample is taken. */
export interface Burst {
  /** How long the burst lasts. */
  readonly ms: number;
  /**
   * Runs between two readings of the clock. On a machine of 2026 a pair of readings takes 50 ns on
   * Bun and 180 ns on Deno, which is too much beside a single packet. With more than one run, the
   * time of `restore` is measured afterwards and subtracted.
   */
  readonly repeats: number;
}

/** A contender that repeats `batch` for one burst. A sample is the seconds that one packet took. */
export function contenderOf(
  subject: Subject,
  batch: Batch,
  { ms, repeats }: Burst,
): Contender {
  async function measure(): Promise<Sample> {
    let [spent, batches] = [0, 0];
    while (spent < ms) {
      spent += repeats === 1 ? await _timeOnce(batch) : await _timeOften(batch, repeats);
      batches += repeats;
    }
    return { value: spent / 1000 / (batches * batch.packets) };
  }

  return { subject, measure };
}

/** Milliseconds that one run takes. */
async function _timeOnce(batch: Batch): Promise<number> {
  batch.restore?.();
  const begin = performance.now();
  const running = batch.run();
  // Awaiting a value that is no promise would still cost a turn of the event loop.
  if (running !== undefined) await running;
  return performance.now() - begin;
}

/** Milliseconds that so many runs take, without the time of restoring their input. */
async function _timeOften(batch: Batch, repeats: number): Promise<number> {
  const begin = performance.now();
  for (let n = 0; n < repeats; n += 1) {
    batch.restore?.();
    const running = batch.run();
    if (running !== undefined) await running;
  }
  const end = performance.now();
  if (batch.restore === undefined) return end - begin;
  for (let n = 0; n < repeats; n += 1) batch.restore();
  return Math.max(0, end - begin - (performance.now() - end));
}

/** Throws unless a result has the expected octets. */
export function expectOctets(
  actual: Uint8Array,
  expected: Uint8Array,
  what: string,
): void {
  const isSame = actual.length === expected.length &&
    actual.every((octet, at) => octet === expected[at]);
  if (!isSame) throw new Error(`Cannot trust ${what}: its octets are wrong`);
}
