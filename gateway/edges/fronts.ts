// All fronts by name. The shell names a front to a lane, because a worker cannot be sent functions.

import type { Front } from "./front.ts";
import { createPlainFront } from "./plain.ts";

/** Makes each of them. */
const FRONTS = { plain: createPlainFront } as const;

export type FrontName = keyof typeof FRONTS;

/** Makes the front of one listener. */
export function createFront(name: FrontName): Front {
  return FRONTS[name]();
}
