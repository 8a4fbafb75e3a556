// What a gateway says of itself.

import * as z from "zod";
import { answer } from "./answer.ts";
import { LIMITS } from "./limits.ts";
import { TOTALS } from "./totals.ts";
import type { Value } from "./value.ts";

export const STATUS = answer({
  version: z.string(),
  uptimeSeconds: z.number().nonnegative(),
  runtime: z.string(),
  engine: z.string(),
  lanes: z.int().positive(),
  limits: LIMITS,
  totals: TOTALS,
  draining: z.boolean(),
}).meta({ id: "Status" });

export type GatewayStatus = Value<typeof STATUS>;
