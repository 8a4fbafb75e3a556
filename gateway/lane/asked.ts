// The connections of a lane whose peers are asked whether they are still there (`asking.ts`).

import type { Connection } from "./connection.ts";

/** A connection whose peer is asked, and its keepalive of before. */
export interface Asked {
  readonly connection: Connection;
  /** When the answer is due, monotonic ms. */
  readonly dueAt: number;
  /** SO_KEEPALIVE. */
  readonly isOn: number;
  /** TCP_KEEPIDLE and TCP_KEEPINTVL, s. */
  readonly idleS: number;
  readonly intervalS: number;
}
