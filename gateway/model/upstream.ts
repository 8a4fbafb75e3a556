// The IKE daemon behind a gateway, as it is shown.

import * as z from "zod";
import { answer } from "./answer.ts";
import { TIME } from "./time.ts";
import type { Value } from "./value.ts";

/** What is known of the daemon now. */
export const UPSTREAM = answer({
  /** Its UDP address, as `--upstream` has it. */
  address: z.string().meta({ examples: ["127.0.0.1:4500", "[2001:db8::2]:4500"] }),
  /** `unknown` until something was sent to it. */
  state: z.enum(["unknown", "up", "down"]),
  /** Name of the error with which it, or the way to it, refuses; null unless it is `down`. */
  reason: z.string().nullable(),
  /** Since when the state holds. */
  since: TIME,
}).meta({ id: "Upstream" });

export type UpstreamView = Value<typeof UPSTREAM>;
