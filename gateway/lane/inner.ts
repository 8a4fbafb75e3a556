// The inner side of a lane: its queue of a TUN device, or the core's built-in echo host.

import { BATCH_MAX, TX_QUEUE_MAX, WRITE_LEN } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EAGAIN, EINTR, EINVAL } from "../linux/constants.ts";
import type { Lane } from "./lane.ts";
import { transmitEntries } from "./transmit.ts";
import { tellTrouble } from "./trouble.ts";

/** Most batches that one turn reads from the TUN. */
const TURN_BATCHES_MAX = 4;

/** A batch is sent on after this many octets: as many as may wait for a connection. */
const BATCH_OCTETS_MAX = TX_QUEUE_MAX;

/** Delivers the `count` inner packets of the last `inbound_finish`, in order. */
export function deliverInner(lane: Lane, count: number): void {
  if (lane.init.tun >= 0) {
    writeTun(lane);
    return;
  }
  if (lane.core.echo_in(lane.index, count) > 0) transmitEntries(lane);
}

/** Makes one `writev` for packets that the core has joined; on a plain TUN, one for each packet. */
function writeTun(lane: Lane): void {
  const { core, index, libc, tables } = lane;
  const { u32, innerIovAt } = tables;
  const { tun } = lane.init;
  const writes = core.inner_plan(index);
  for (let i = 0; i < writes; i++) {
    const word = tables.writes + i * (WRITE_LEN / 4);
    const at = innerIovAt[u32[word] ?? 0];
    const packets = u32[word + 1] ?? 0;
    if (at === undefined || libc.writev(tun, at, packets) >= 0) continue;
    // EINVAL: the device's own parser refuses the packet. Any other error: the device is full or
    // down.
    core.count(index, libc.errno() === EINVAL ? Status.InnerInvalid : Status.InnerFull, packets);
  }
}

/**
 * Reads the host's packets from the TUN and sends them on. The TUN stays readable if the budget
 * runs out.
 */
export function readTun(lane: Lane): void {
  for (let turn = 0; turn < TURN_BATCHES_MAX && lane.isTunReadable; turn++) {
    const count = fillSlots(lane);
    if (count === 0) return;
    lane.core.slots_in(lane.index, count);
    transmitEntries(lane);
  }
}

/** Reads up to one batch, one packet into each slot. Returns the number of packets. */
function fillSlots(lane: Lane): number {
  const { libc, tables } = lane;
  const { tun } = lane.init;
  let count = 0;
  let room = BATCH_OCTETS_MAX;
  while (count < BATCH_MAX && room > 0) {
    const at = tables.slotAt[count];
    if (at === undefined) break;
    const octets = libc.read(tun, at, tables.slotLen);
    if (octets < 0) {
      const errno = libc.errno();
      if (errno === EINTR) continue;
      lane.isTunReadable = false;
      if (errno !== EAGAIN) tellTrouble(lane, "tun_failed", errno);
      break;
    }
    tables.u32[tables.slotLens + count] = octets;
    count++;
    room -= octets;
  }
  return count;
}
