// What a subject of this bench is: something that prepares a batch and then does it, as often as it is asked.

import type { Sample, Subject } from "../lib/record.ts";
import type { Contender } from "../lib/run.ts";
import type { Operation, Workload } from "./workload.ts";

/** A batch that is ready to run. */
export interface Batch {
  /** Packets that one `run` does. */
  readonly packets: number;
  /** Undoes what `run` did to its input; not timed. */
  restore?(): void;
  run(): void | Promise<void>;
  /** Throws if the last `run` did not do what the workload says. */
  check(): void;
  /** Lets go of what was prepared. */
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

/** How a sample is taken. */
export interface Burst {
  /** How long it takes. */
  readonly ms: number;
  /**
   * Runs between two readings of the clock, which take 50 (Bun) to 180 ns (Deno) on a machine of 2026: too much beside a packet alone.
   * With more than one, what `restore` takes is measured after them and taken off.
   */
  readonly repeats: number;
}

/** A contender that repeats `batch` for as long as a burst; one sample is seconds for one packet. */
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

/** Milliseconds of one run. */
async function _timeOnce(batch: Batch): Promise<number> {
  batch.restore?.();
  const begin = performance.now();
  const running = batch.run();
  // Awaiting what is no promise would cost a turn of the event loop.
  if (running !== undefined) await running;
  return performance.now() - begin;
}

/** Milliseconds of so many runs, without what it takes to restore their input. */
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

/** Compares octets of a result with what they must be. */
export function expectOctets(
  actual: Uint8Array,
  expected: Uint8Array,
  what: string,
): void {
  const isSame = actual.length === expected.length &&
    actual.every((octet, at) => octet === expected[at]);
  if (!isSame) throw new Error(`Cannot trust ${what}: its octets are wrong`);
}
