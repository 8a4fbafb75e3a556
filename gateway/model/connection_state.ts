// The states that a connection goes through.

import { answer } from "./answer.ts";
import { COUNT } from "./count.ts";
import type { Value } from "./value.ts";

/** Connections in each state. */
export const BY_STATE = answer({
  accepted: COUNT,
  prefixed: COUNT,
  enabled: COUNT,
  draining: COUNT,
});

export type ConnectionStateName = keyof Value<typeof BY_STATE>;
