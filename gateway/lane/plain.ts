// Better calls that the kernel, or a filter in front of it, refuses. Each has a plain form, which
// then does the same work, beginning with what the refused call carried. Nothing is lost, the lane
// makes the plain call from then on, and the shell hears of it once.

import { EINVAL, ENOPROTOOPT, ENOSYS, EOPNOTSUPP, EPERM } from "../linux/constants.ts";
import { errnoName } from "../linux/errno.ts";
import { BETTER_CALLS, type BetterCall } from "../model/better_call.ts";
import type { Address } from "../runtime/types.ts";
import type { Lane } from "./lane.ts";

/** Makes the record of a lane that has been refused nothing yet. */
export function createRefusedCalls(): Lane["refused"] {
  return Object.fromEntries(BETTER_CALLS.map((call) => [call, false])) as Lane["refused"];
}

/**
 * Whether an errno may mean that the call itself is refused, whatever it carries. The plain form
 * tells: where that fails too, the fault lies elsewhere.
 */
export function isRefusal(errno: number): boolean {
  switch (errno) {
    case EPERM:
    case EINVAL:
    case ENOSYS:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
      return true;
    default:
      return false;
  }
}

/** Notes that the lane makes the plain call from now on. */
export function usePlain(lane: Lane, call: BetterCall, errno: number): void {
  if (lane.refused[call]) return;
  lane.refused[call] = true;
  lane.tell({ kind: "refused_call", call, reason: errnoName(errno) });
}

/**
 * Sets a socket option of type int that the lane can do without.
 *
 * @param value Where the value lies
 */
export function prefer(
  lane: Lane,
  fd: number,
  { call, level, name, value }: PreferredOption,
): void {
  if (lane.refused[call] || lane.libc.setsockopt(fd, level, name, value, 4) === 0) return;
  const errno = lane.libc.errno();
  if (isRefusal(errno)) usePlain(lane, call, errno);
}

export interface PreferredOption {
  readonly call: BetterCall;
  readonly level: number;
  readonly name: number;
  readonly value: Address;
}
