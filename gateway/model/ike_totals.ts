// Counts of IKE inside this process.

import { answer } from "./answer.ts";
import { COUNT } from "./count.ts";
import { HISTOGRAM } from "./histogram.ts";
import { IKE_REFUSALS, type IkeRefusal } from "./ike_refusal.ts";
import type { Value } from "./value.ts";

const SIDES = answer({ here: COUNT, peer: COUNT });

/** The counts; all are 0 where IKE is not inside. */
export const IKE_TOTALS = answer({
  sas: answer({ half_open: COUNT, established: COUNT }),
  childSas: COUNT,
  /** Inner addresses that peers have of the pools. */
  leases: COUNT,
  failures: answer(
    Object.fromEntries(IKE_REFUSALS.map((reason) => [reason, COUNT])) as {
      [reason in IkeRefusal]: typeof COUNT;
    },
  ),
  /** Rekeys that were made, by what was replaced and who began. */
  rekeys: answer({ ike: SIDES, child: SIDES }),
  /** From the first message of an IKE SA until it was up. */
  handshakeSeconds: HISTOGRAM,
}).meta({ id: "IkeTotals" });

export type IkeTotals = Value<typeof IKE_TOTALS>;
