// The limits that a gateway runs with.

import * as z from "zod";

/** Limits that are settings, by their names in the configuration. `rings` stands beside them. */
export const LIMIT_NAMES = [
  "maxConnections",
  "maxConnectionsPerSource",
  "prefixTimeoutMs",
  "frameTimeoutMs",
  "idleTimeoutMs",
  "unauthenticatedTimeoutMs",
  "suspectLimit",
  "drainTimeoutMs",
  "innerMtu",
] as const;

/** All limits by name. */
export const LIMITS = z.record(z.string(), z.number());
