// The answer to a request, and what goes with it.

import type { Payload } from "../wire/payloads/payload.ts";
import type { IkeAction } from "./actions.ts";

/** The answer to a request, and what is done before and after it leaves. */
export interface Answered {
  readonly payloads: readonly Payload[];
  readonly before: readonly IkeAction[];
  readonly after: readonly IkeAction[];
  /** Changes the IKE SA once the answer has been sealed. */
  readonly end?: () => void;
}
