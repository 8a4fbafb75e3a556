// The inner side of a lane: its queue of a TUN device, or the core's built-in echo host.

import {
  BATCH_MAX,
  OFFLOAD_NONE,
  OFFLOAD_TCP,
  OFFLOAD_UDP,
  TX_QUEUE_MAX,
  WRITE_LEN,
} from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EAGAIN, EINTR, EINVAL, ENOBUFS, ENOMEM, TUNSETOFFLOAD } from "../linux/constants.ts";
import { numberArgument } from "../linux/kernel.ts";
import type { Lane } from "./lane.ts";
import { hearPongs } from "./ping.ts";
import { isRefusal, usePlain } from "./plain.ts";
import { IOVEC_LEN } from "./tables.ts";
import { transmitEntries } from "./transmit.ts";
import { tellTrouble } from "./trouble.ts";

/** Most batches that one turn reads from the TUN. */
const TURN_BATCHES_MAX = 4;

/** Errors of a shortage: a long packet needs more than a short one, and the next may have it. */
const PASSING: readonly number[] = [EAGAIN, EINTR, ENOBUFS, ENOMEM];

/** A batch is sent on after this many octets: as many as may wait for a connection. */
const BATCH_OCTETS_MAX = TX_QUEUE_MAX;

/** Delivers the `count` inner packets of the last `inbound_finish`, in order. */
export function deliverInner(lane: Lane, count: number): void {
  if (lane.init.tun >= 0) {
    writeTun(lane);
    return;
  }
  if (lane.pinger !== null) hearPongs(lane);
  if (lane.core.echo_in(lane.index, count) > 0) transmitEntries(lane);
}

/** Makes one `writev` for packets that the core has joined; on a plain TUN, one for each packet. */
function writeTun(lane: Lane): void {
  const { core, index, libc, tables } = lane;
  const { u32, innerIovAt } = tables;
  const writes = core.inner_plan(index);
  for (let i = 0; i < writes; i++) {
    const word = tables.writes + i * (WRITE_LEN / 4);
    const first = u32[word] ?? 0;
    const packets = u32[word + 1] ?? 0;
    const at = innerIovAt[first];
    if (packets === 1) {
      countLost(lane, writeOne(lane, first), 1);
    } else if (at !== undefined && libc.writev(lane.init.tun, at, packets) < 0) {
      writeSingly(lane, i, libc.errno());
    }
  }
}

/**
 * Writes the packets of a call that was refused by themselves. If one of them is taken, the joining
 * was to blame: packets of that protocol are not joined any more.
 *
 * @param write Number of the call
 */
function writeSingly(lane: Lane, write: number, refusal: number): void {
  const { core, index, tables: { u32, writes } } = lane;
  const word = writes + write * (WRITE_LEN / 4);
  const first = u32[word] ?? 0;
  const end = first + (u32[word + 1] ?? 0);
  const protocol = core.inner_split(index, write);
  let taken = 0;
  for (let part = first; part < end; part++) {
    const errno = writeOne(lane, part);
    // A device that is full, down or gone takes none of the others.
    const lost = errno === refusal && errno !== EINVAL && taken === 0 ? end - part : 1;
    countLost(lane, errno, lost);
    if (errno === 0) taken++;
    else part += lost - 1;
  }
  if (taken > 0 && !PASSING.includes(refusal)) stopJoining(lane, protocol, refusal);
}

/** Joins no more packets of a protocol, given by its `OFFLOAD_` bit. */
function stopJoining(lane: Lane, protocol: number, errno: number): void {
  const { core, index, init, refused } = lane;
  usePlain(lane, protocol === OFFLOAD_TCP ? "tun_tcp_join" : "tun_udp_join", errno);
  let offload = init.offload;
  if (refused.tun_tcp_join) offload &= ~OFFLOAD_TCP;
  if (refused.tun_udp_join) offload &= ~OFFLOAD_UDP;
  core.inner_offload(index, offload);
}

/** Writes the packet of one part. Returns 0, or the errno for which it is lost. */
function writeOne(lane: Lane, part: number): number {
  const { libc, refused, init: { tun }, tables: { innerIovAt } } = lane;
  const at = innerIovAt[part];
  if (at === undefined) throw new RangeError(`Cannot write part ${part}: not in the batch`);
  if (refused.writev) return writePlain(lane, part);
  if (libc.writev(tun, at, 1) >= 0) return 0;
  const errno = libc.errno();
  if (!isRefusal(errno) || writePlain(lane, part) !== 0) return errno;
  usePlain(lane, "writev", errno);
  return 0;
}

/** The same by `write`. */
function writePlain({ libc, init, tables }: Lane, part: number): number {
  const iovec = tables.innerIov + part * IOVEC_LEN;
  const written = libc.write(init.tun, tables.partAt(iovec), tables.partLen(iovec));
  return written < 0 ? libc.errno() : 0;
}

function countLost({ core, index }: Lane, errno: number, packets: number): void {
  if (errno === 0) return;
  // EINVAL: the device's own parser refuses the packet. Any other error: the device is full or
  // down.
  core.count(index, errno === EINVAL ? Status.InnerInvalid : Status.InnerFull, packets);
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
      if (errno === EINTR || (errno === EINVAL && takeNoSegments(lane))) continue;
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

/**
 * After a packet that the kernel could not describe by a header: asks it for packets of one segment
 * only. The packet is lost in the kernel, and those behind it are not.
 *
 * @returns false if the lane has asked already, or never took others
 */
function takeNoSegments(lane: Lane): boolean {
  const { libc, init } = lane;
  if (init.offload === OFFLOAD_NONE || lane.refused.tun_read) return false;
  libc.ioctl(init.tun, TUNSETOFFLOAD, numberArgument(libc, 0));
  usePlain(lane, "tun_read", EINVAL);
  return true;
}
