// The inner side of a lane: a queue of a TUN device, or the built-in echo host of the core.

import { BATCH_MAX } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EAGAIN, EINTR, EINVAL } from "../linux/constants.ts";
import type { Lane } from "./lane.ts";
import { transmitEntries } from "./transmit.ts";

/** Batches read from the TUN in one turn. */
const TURN_BATCHES_MAX = 4;

/** Takes the `count` inner packets of the last `inbound_finish`, in order. */
export function deliverInner(lane: Lane, count: number): void {
  if (lane.init.tun >= 0) {
    writeTun(lane, count);
    return;
  }
  if (lane.core.echo_in(lane.index, count) > 0) transmitEntries(lane);
}

/** One `writev` a packet: a plain TUN takes one packet a call. */
function writeTun(lane: Lane, count: number): void {
  const { core, index, libc, tables } = lane;
  const { tun } = lane.init;
  for (let i = 0; i < count; i++) {
    const at = tables.innerIovAt[i];
    if (at === undefined || libc.writev(tun, at, 1) >= 0) continue;
    // EINVAL: the device's own parser refuses the packet. All else is a full or downed device.
    core.count(index, libc.errno() === EINVAL ? Status.InnerInvalid : Status.InnerFull, 1);
  }
}

/** Reads packets of the host from the TUN and sends them on. Stays readable if the budget ran out. */
export function readTun(lane: Lane): void {
  for (let turn = 0; turn < TURN_BATCHES_MAX && lane.isTunReadable; turn++) {
    const count = fillSlots(lane);
    if (count === 0) return;
    lane.core.slots_in(lane.index, count);
    transmitEntries(lane);
  }
}

/** Reads up to one batch, a packet a slot; the number read. */
function fillSlots(lane: Lane): number {
  const { libc, tables } = lane;
  const { tun } = lane.init;
  let count = 0;
  while (count < BATCH_MAX) {
    const at = tables.slotAt[count];
    if (at === undefined) break;
    const octets = libc.read(tun, at, tables.slotLen);
    if (octets < 0) {
      if (libc.errno() === EINTR) continue;
      lane.isTunReadable = false;
      if (libc.errno() !== EAGAIN) lane.tunErrors++;
      break;
    }
    tables.u32[tables.slotLens + count] = octets;
    count++;
  }
  return count;
}
