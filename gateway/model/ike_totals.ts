// Counts of IKE inside this process.

import { answer } from "./answer.ts";
import { COUNT } from "./count.ts";
import { HISTOGRAM } from "./histogram.ts";
import type { Value } from "./value.ts";

/** Why an attempt failed, or a Child SA was refused. */
export const REFUSAL_REASONS = [
  "address_pool_empty",
  "auth_method",
  "half_open",
  "identity_unknown",
  "ike_proposal",
  "key_exchange",
  "malformed",
  "esp_proposal",
  "selectors",
  "secret",
  "timeout",
  "refused_by_peer",
] as const;

const SIDES = answer({ here: COUNT, peer: COUNT });

/** The counts; all are 0 where IKE is not inside. */
export const IKE_TOTALS = answer({
  sas: answer({ half_open: COUNT, established: COUNT }),
  childSas: COUNT,
  /** Inner addresses that peers have of the pools. */
  leases: COUNT,
  failures: answer(
    Object.fromEntries(REFUSAL_REASONS.map((reason) => [reason, COUNT])) as {
      [reason in (typeof REFUSAL_REASONS)[number]]: typeof COUNT;
    },
  ),
  /** Rekeys that were made, by what was replaced and who began. */
  rekeys: answer({ ike: SIDES, child: SIDES }),
  /** From the first message of an IKE SA until it was up. */
  handshakeSeconds: HISTOGRAM,
}).meta({ id: "IkeTotals" });

export type IkeTotals = Value<typeof IKE_TOTALS>;
