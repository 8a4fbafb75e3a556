// Inbound is from TCP towards the TUN, outbound the other way.

import type * as z from "zod";
import { answer } from "./answer.ts";

export const DIRECTIONS = ["inbound", "outbound"] as const;

/** The one direction that an SA serves. */
export type SaDirection = (typeof DIRECTIONS)[number];

/** Makes the schema of an object with the same of both directions. */
export function byDirection<Schema extends z.ZodType>(
  schema: Schema,
): z.ZodObject<{ [Direction in SaDirection]: Schema }> {
  return answer({ inbound: schema, outbound: schema });
}
