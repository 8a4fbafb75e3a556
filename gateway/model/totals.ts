// The counters of a gateway: all that `/metrics` and `/v1/status` are made of, read from shared
// memory at one moment.

import * as z from "zod";
import { answer } from "./answer.ts";
import { BY_STATE } from "./connection_state.ts";
import { COUNT } from "./count.ts";
import { byDirection } from "./direction.ts";
import { BY_KIND } from "./frame_kind.ts";
import { HISTOGRAM } from "./histogram.ts";
import { BY_STATUS } from "./status_counts.ts";
import type { Value } from "./value.ts";

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
  /** Fates ignore, drop, suspect and expire. */
  drops: BY_STATUS,
  /** Fate close. */
  closes: BY_STATUS,
  sas: byDirection(COUNT),
  espPackets: byDirection(COUNT),
  /** Packets that were marked (RFC 3168) in place of a drop for `queue_delay`. */
  ecnMarks: COUNT,
  sendQueueOctets: HISTOGRAM,
  ikeDelaySeconds: HISTOGRAM,
  laneBusyRatio: z.array(z.number().min(0).max(1)),
  /** Events for which a lane's ring had no room. */
  eventsLost: COUNT,
}).meta({ id: "Totals" });

export type Totals = Value<typeof TOTALS>;
