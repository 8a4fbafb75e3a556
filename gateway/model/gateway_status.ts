// The status of a gateway: its version, its limits and its counters.

import * as z from "zod";
import { answer } from "./answer.ts";
import { LIMITS } from "./limits.ts";
import { OFFLOADS } from "./offloads.ts";
import { TOTALS } from "./totals.ts";
import type { Value } from "./value.ts";

/** The answer of `GET /v1/status`. */
export const STATUS = answer({
  version: z.string(),
  uptimeSeconds: z.number().nonnegative(),
  runtime: z.string(),
  engine: z.string(),
  lanes: z.int().positive(),
  offloads: OFFLOADS,
  limits: LIMITS,
  totals: TOTALS,
  draining: z.boolean(),
}).meta({ id: "Status" });

export type GatewayStatus = Value<typeof STATUS>;
