// The status of a gateway: its version, its limits and its counters.

import * as z from "zod";
import { answer } from "./answer.ts";
import { LIMITS } from "./limits.ts";
import { OFFLOADS } from "./offloads.ts";
import { TOTALS } from "./totals.ts";
import { UNREADY_REASON } from "./unready.ts";
import { UPSTREAM } from "./upstream.ts";
import type { Value } from "./value.ts";

/** The answer of `GET /v1/status`. */
export const STATUS = answer({
  version: z.string(),
  uptimeSeconds: z.number().nonnegative(),
  runtime: z.string(),
  engine: z.string(),
  lanes: z.int().positive(),
  offloads: OFFLOADS,
  /** Addresses of the TCP listeners, with the ports they have. */
  listeners: z.array(z.string()),
  /** The IKE daemon; null if there is none. */
  upstream: UPSTREAM.nullable(),
  limits: LIMITS,
  totals: TOTALS,
  draining: z.boolean(),
  /** What keeps it from serving new clients; empty if it is ready. */
  unready: z.array(UNREADY_REASON),
}).meta({ id: "Status" });

export type GatewayStatus = Value<typeof STATUS>;
