// Echo requests of the echo host (RFC 792, RFC 4443 §4.1), with which `connect --check` measures a
// tunnel from inside. Each carries the time at which it was made, so the lane needs no table of
// them. Only a lane that was told to ping looks at packets for replies.

import { BATCH_MAX, LANE_SLOT_IOV } from "../../ts-bindings/layout.ts";
import type { Lane } from "./lane.ts";
import { transmitEntries } from "./transmit.ts";
import { IOVEC_LEN } from "./tables.ts";

/** Octets of the ICMP header and of the time behind it. */
export const PING_LEN_MIN = 16;

/** Replies count from now on; requests come from this address. */
export function startPinging(lane: Lane, source: readonly number[]): void {
  lane.pinger = { source: octetsOf(source), sequence: 0 };
}

/**
 * Sends echo requests.
 *
 * @param count At most BATCH_MAX
 * @param len Octets of each IP packet
 * @param destination Words of 16 octets in network order; an IPv4 address is mapped
 */
export function ping(
  lane: Lane,
  { count, len, destination }: {
    readonly count: number;
    readonly len: number;
    readonly destination: readonly number[];
  },
): void {
  const { pinger, tables, core, index } = lane;
  if (pinger === null) return;
  const to = octetsOf(destination);
  const isV4 = isMapped(to);
  const headLen = isV4 ? V4_HEAD_LEN : V6_HEAD_LEN;
  const octets = Math.max(Math.min(len, lane.init.innerMtu), headLen + PING_LEN_MIN);
  const sent = Math.min(count, BATCH_MAX);
  lane.now = lane.clock();
  for (let i = 0; i < sent; i++) {
    const at = placeOf(lane, tables.block + LANE_SLOT_IOV + i * IOVEC_LEN);
    const packet = tables.u8.subarray(at, at + octets);
    packet.fill(0);
    if (isV4) emitV4(packet, pinger.source, to);
    else emitV6(packet, pinger.source, to);
    emitEcho(packet, { headLen, sequence: pinger.sequence, now: lane.now });
    pinger.sequence = (pinger.sequence + 1) & 0xffff;
    tables.u32[tables.slotLens + i] = octets;
  }
  core.slots_in(index, sent);
  transmitEntries(lane);
}

/** Looks for replies among the inner packets of the last `inbound_finish`. */
export function hearPongs(lane: Lane): void {
  const { core, index, tables } = lane;
  const packets = core.inner_plan(index);
  lane.now = lane.clock();
  let [count, octets, sumMs, minMs, maxMs, sequence] = [0, 0, 0, Infinity, 0, 0];
  for (let i = 0; i < packets; i++) {
    const iovec = tables.innerIov + i * IOVEC_LEN;
    const at = placeOf(lane, iovec);
    const packet = tables.u8.subarray(at, at + tables.partLen(iovec));
    const reply = replyOf(packet);
    if (reply === undefined) continue;
    const ms = lane.now - reply.getFloat64(8);
    sequence = reply.getUint16(6);
    count++;
    octets += packet.length;
    sumMs += ms;
    minMs = Math.min(minMs, ms);
    maxMs = Math.max(maxMs, ms);
  }
  if (count > 0) lane.tell({ kind: "pongs", count, octets, sumMs, minMs, maxMs, sequence });
}

/** Offset of what an iovec points to. */
function placeOf({ tables }: Lane, iovec: number): number {
  return ((tables.u32[iovec >>> 2] ?? 0) - tables.baseLow) >>> 0;
}

/** The ICMP message of a reply to a request of ours: its header, and the time that it carries. */
function replyOf(packet: Uint8Array): DataView | undefined {
  const isV4 = (packet[0] ?? 0) >>> 4 === 4;
  const at = isV4 ? ((packet[0] ?? 0) & 15) * 4 : V6_HEAD_LEN;
  const [protocol, reply] = isV4 ? [packet[9], 0] : [packet[6], 129];
  if (protocol !== (isV4 ? ICMP : ICMP_V6) || packet.length < at + PING_LEN_MIN) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset + at, PING_LEN_MIN);
  if (view.getUint16(0) !== reply << 8 || view.getUint16(4) !== IDENTIFIER) return undefined;
  return view;
}

function emitV4(packet: Uint8Array, source: Uint8Array, to: Uint8Array): void {
  packet.set([0x45, 0, packet.length >>> 8, packet.length & 0xff, 0, 0, 0x40, 0, HOPS, ICMP]);
  packet.set(source.subarray(12), 12);
  packet.set(to.subarray(12), 16);
  putSum(packet, 10, sumOf(packet.subarray(0, V4_HEAD_LEN)));
}

function emitV6(packet: Uint8Array, source: Uint8Array, to: Uint8Array): void {
  const len = packet.length - V6_HEAD_LEN;
  packet.set([0x60, 0, 0, 0, len >>> 8, len & 0xff, ICMP_V6, HOPS]);
  packet.set(source, 8);
  packet.set(to, 24);
}

/** Writes the message behind an IP header of `headLen` octets; the rest of it is zeros. */
function emitEcho(
  packet: Uint8Array,
  { headLen, sequence, now }: {
    readonly headLen: number;
    readonly sequence: number;
    readonly now: number;
  },
): void {
  const isV4 = headLen === V4_HEAD_LEN;
  const view = new DataView(packet.buffer, packet.byteOffset + headLen, PING_LEN_MIN);
  view.setUint8(0, isV4 ? 8 : 128);
  view.setUint16(4, IDENTIFIER);
  view.setUint16(6, sequence);
  view.setFloat64(8, now);
  const message = sumOf(packet.subarray(headLen, headLen + PING_LEN_MIN));
  // RFC 4443 §2.3: addresses, length and next header count too.
  const pseudo = isV4
    ? 0
    : sumOf(packet.subarray(8, V6_HEAD_LEN)) + packet.length - headLen + ICMP_V6;
  putSum(packet, headLen + 2, message + pseudo);
}

/** Sum of 16-bit words (RFC 1071), not folded. */
function sumOf(octets: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) {
    sum += ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  }
  return sum;
}

function putSum(packet: Uint8Array, at: number, sum: number): void {
  const once = (sum & 0xffff) + (sum >>> 16);
  const folded = ~((once & 0xffff) + (once >>> 16)) & 0xffff;
  packet[at] = folded >>> 8;
  packet[at + 1] = folded & 0xff;
}

/** 16 octets of four words in the order of an order's record. */
function octetsOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(words).buffer);
}

function isMapped(octets: Uint8Array): boolean {
  return octets.every((octet, at) => at >= 12 || octet === (at < 10 ? 0 : 0xff));
}

const V4_HEAD_LEN = 20;
const V6_HEAD_LEN = 40;
const ICMP = 1;
const ICMP_V6 = 58;
const HOPS = 64;

/** Of all requests of this host. Nothing else of it sends any. */
const IDENTIFIER = 9329;
