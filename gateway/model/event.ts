// One line of what happened, for the log and `GET /v1/events`. It never holds key material.

import * as z from "zod";
import { LOG_LEVELS } from "./log_level.ts";
import { TIME } from "./time.ts";
import type { Value } from "./value.ts";

export const EVENT = z.object({
  /** A fixed name in snake_case. */
  event: z.string(),
  at: TIME,
  level: z.enum(LOG_LEVELS),
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

export type GatewayEvent = Value<typeof EVENT>;
export type LogFields = GatewayEvent["fields"];
