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

/** How long a sample takes, ms. */
export interface Burst {
  readonly ms: number;
}

/** A contender that repeats `batch` for as long as a burst; one sample is seconds for one packet. */
export function contenderOf(subject: Subject, batch: Batch, { ms }: Burst): Contender {
  async function measure(): Promise<Sample> {
    let [spent, batches] = [0, 0];
    while (spent < ms) {
      batch.restore?.();
      const begin = performance.now();
      const running = batch.run();
      // Awaiting what is no promise would cost a turn of the event loop.
      if (running !== undefined) await running;
      spent += performance.now() - begin;
      batches += 1;
    }
    return { value: spent / 1000 / (batches * batch.packets) };
  }

  return { subject, measure };
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
