// All fronts, by the names under which the shell orders them from a lane: functions cannot be sent to
// a worker.

import type { Front } from "./front.ts";
import { createPlainFront } from "./plain.ts";

/** Their makers. */
const FRONTS = { plain: createPlainFront } as const;

export type FrontName = keyof typeof FRONTS;

/** Makes the front of one listener. */
export function createFront(name: FrontName): Front {
  return FRONTS[name]();
}
