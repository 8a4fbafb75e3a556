// Many datagrams in one call, and one by one where the kernel does not know such calls. An mmsghdr
// begins with the msghdr that the plain calls take.

import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../linux/constants.ts";
import type { Address } from "../runtime/types.ts";
import type { Lane } from "./lane.ts";
import { isRefusal, usePlain } from "./plain.ts";

/** Sends up to `count` messages. Returns how many have left, or -1 and leaves errno. */
export function sendMany(lane: Lane, fd: number, at: Address, count: number): number {
  const { libc, refused } = lane;
  let refusal = 0;
  if (!refused.sendmmsg) {
    const taken = libc.sendmmsg(fd, at, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken >= 0) return taken;
    refusal = libc.errno();
    if (!isRefusal(refusal)) return taken;
  }
  if (libc.sendmsg(fd, at, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return -1;
  usePlain(lane, "sendmmsg", refusal);
  return 1;
}

/** Receives up to `count` messages into LANE_UP_READ. Returns how many, or -1 and leaves errno. */
export function receiveMany(lane: Lane, fd: number, count: number): number {
  const { libc, refused, tables } = lane;
  let refusal = 0;
  if (!refused.recvmmsg) {
    const got = libc.recvmmsg(fd, tables.upReadAt, count, MSG_DONTWAIT, libc.NULL);
    if (got >= 0) return got;
    refusal = libc.errno();
    if (!isRefusal(refusal)) return got;
  }
  const octets = libc.recvmsg(fd, tables.upReadAt, MSG_DONTWAIT);
  if (octets < 0) return octets;
  tables.u32[tables.upReadLen] = octets;
  usePlain(lane, "recvmmsg", refusal);
  return 1;
}
