// Better calls that the kernel has refused to the shell or to a lane. Each is told once, however
// many lanes are refused it, and the status names the offloads among them.

import type { BetterCall, RefusedCall } from "../model/better_call.ts";
import type { EventHub } from "./events.ts";

/** The refused calls. */
export interface RefusedCalls {
  /**
   * Tells of a refusal, the first of its call only.
   *
   * @param lane The lane that was refused, null for the shell
   */
  note(lane: number | null, refused: RefusedCall): void;
  has(call: BetterCall): boolean;
}

/** Makes the record of a gateway that has been refused nothing yet. */
export function createRefusedCalls(events: Pick<EventHub, "tell">): RefusedCalls {
  const calls = new Set<BetterCall>();

  function note(lane: number | null, { call, reason }: RefusedCall): void {
    if (calls.has(call)) return;
    calls.add(call);
    events.tell("call_refused", { ...lane !== null && { lane }, call, reason }, "warn");
  }

  return { note, has: (call) => calls.has(call) };
}
