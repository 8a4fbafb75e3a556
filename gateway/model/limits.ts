// The limits that a gateway runs with.

import * as z from "zod";

/** Settings among them, by the names that the configuration has; `rings` stands beside them. */
export const LIMIT_NAMES = [
  "maxConnections",
  "maxConnectionsPerSource",
  "prefixTimeoutMs",
  "frameTimeoutMs",
  "idleTimeoutMs",
  "suspectLimit",
  "drainTimeoutMs",
  "innerMtu",
] as const;

export const LIMITS = z.record(z.string(), z.number());
