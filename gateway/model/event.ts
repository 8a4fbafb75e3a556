// Events, for the log and `GET /v1/events`. They never hold key material.

import * as z from "zod";
import { LOG_LEVELS } from "./log_level.ts";
import { TIME } from "./time.ts";
import type { Value } from "./value.ts";

/** Something that happened. */
export const EVENT = z.object({
  /** Its name: fixed, in snake_case. */
  event: z.string(),
  at: TIME,
  level: z.enum(LOG_LEVELS),
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/**
 * Whom an event is about: a peer that has not proved a key, or anybody else. Strangers can cause
 * events at will, so where lines or events are scarce, half of the room is kept for the others.
 */
export type Subject = "stranger" | "other";

export type GatewayEvent = Value<typeof EVENT>;
export type LogFields = GatewayEvent["fields"];
