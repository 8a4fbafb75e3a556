// A subject that runs in a process of its own and measures itself. It cannot take turns burst by
// burst, so it is asked a few times between the rounds of the others.

import type { Sample, Subject } from "../lib/record.ts";
import type { Aead, Operation } from "./workload.ts";

export interface Outsider {
  readonly subject: Subject;
  /** Seconds for one packet of `octets` octets; `undefined` if it does not have this AEAD. */
  readonly measure: (aead: Aead, operation: Operation, octets: number) => Sample | undefined;
}

/** How often an outsider measures one case. */
const OUTSIDE_RUNS = 3;

/**
 * Splits rounds into {@link OUTSIDE_RUNS} parts whose lengths differ by at most one. The outsiders
 * measure after each part.
 */
export function partsOf(runs: number): number[] {
  return Array.from(
    { length: OUTSIDE_RUNS },
    (_, part) => Math.floor((runs + part) / OUTSIDE_RUNS),
  ).filter((rounds) => rounds > 0);
}
