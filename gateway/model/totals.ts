// The counters of a gateway, which `/metrics` and `/v1/status` show.

import * as z from "zod";
import { answer } from "./answer.ts";
import { BY_STATE } from "./connection_state.ts";
import { COUNT } from "./count.ts";
import { byDirection } from "./direction.ts";
import { BY_KIND } from "./frame_kind.ts";
import { HISTOGRAM } from "./histogram.ts";
import { IKE_TOTALS } from "./ike_totals.ts";
import { BY_STATUS } from "./status_counts.ts";
import type { Value } from "./value.ts";

/** All counters at one moment. */
export const TOTALS = answer({
  connections: BY_STATE,
  accepts: answer({
    accepted: COUNT,
    refused_total: COUNT,
    refused_source: COUNT,
    refused_draining: COUNT,
  }),
  frames: byDirection(BY_KIND),
  octets: byDirection(BY_KIND),
  /** Statuses whose fate is ignore, drop, suspect or expire. */
  drops: BY_STATUS,
  /** Statuses whose fate is close. */
  closes: BY_STATUS,
  sas: byDirection(COUNT),
  espPackets: byDirection(COUNT),
  /** Packets that were marked (RFC 3168) instead of dropped for `queue_delay`. */
  ecnMarks: COUNT,
  sendQueueOctets: HISTOGRAM,
  ikeDelaySeconds: HISTOGRAM,
  ike: IKE_TOTALS,
  laneBusyRatio: z.array(z.number().min(0).max(1)),
  /** Events that found no room in the ring of their lane. */
  eventsLost: COUNT,
  /** Lines of the log that standard error did not take. */
  logLinesDropped: COUNT,
}).meta({ id: "Totals" });

export type Totals = Value<typeof TOTALS>;
