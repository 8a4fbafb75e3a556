// The gateway's own address towards the daemon. A connected UDP socket keeps the source that the
// kernel chose for it, although the host's addresses and routes change. Then it fails for ever, or,
// with IPv6, sends from an address that nobody answers to. So it is connected anew when the kernel
// would choose another source by now.

import { AF_INET6, AF_UNSPEC } from "../linux/constants.ts";
import { LANE_SOCKADDR } from "../../ts-bindings/layout.ts";
import { ADDRESS_MAX } from "./chosen_source.ts";
import type { Connection } from "./connection.ts";
import { retry } from "./hold.ts";
import type { Lane } from "./lane.ts";
import { connectSocket, connectUpstream, noteLocal, upstreamOf } from "./open_upstream.ts";
import { readUpstream } from "./upstream.ts";

/** Time for which an answer of the kernel counts, ms: many connections may ask at once. */
const FRESH_MS = 100;

/** Offsets of the address in `sockaddr_in` and `sockaddr_in6`, and the shorter length, octets. */
const SIN_ADDR = 4;
const SIN6_ADDR = 8;
const V4_LEN = 4;

/** The host's addresses or routes have changed. Moves the sockets whose source has, too. */
export function followNetwork(lane: Lane): void {
  lane.source.untilAt = 0;
  for (const connection of lane.live) {
    if (connection.upstreamFd >= 0 && connection.closeWith === 0) {
      // Answers to the source of before may be there already.
      if (connection.isUpstreamReadable) readUpstream(lane, connection);
      moveSource(lane, connection);
    }
    if (connection.isHeld && !connection.isIkeLost) retry(lane, connection);
  }
}

/**
 * Connects the upstream socket anew if the kernel would choose another source now. The daemon
 * learns the new one from the client's next message (RFC 7296 §2.23).
 *
 * @returns Whether it has another source now
 */
export function moveSource(lane: Lane, connection: Connection): boolean {
  const upstream = upstreamOf(lane);
  // A source of `--upstream-source` is no choice of the kernel.
  if (upstream.source !== null) return false;
  askKernel(lane);
  const { libc, source, tables } = lane;
  if (!source.isThere || isFrom(lane, connection.upstreamFd)) return false;
  tables.u8.fill(0, tables.scratch, tables.scratch + upstream.address.length);
  tables.dataView.setUint16(tables.scratch, AF_UNSPEC);
  libc.connect(connection.upstreamFd, tables.scratchAt, upstream.address.length);
  if (!connectUpstream(lane, upstream, connection.upstreamFd)) return false;
  noteLocal(lane, connection);
  return true;
}

/** Asks the kernel for the source of a new socket. */
function askKernel(lane: Lane): void {
  const { libc, now, source, tables } = lane;
  if (now < source.untilAt) return;
  source.untilAt = now + FRESH_MS;
  source.isThere = false;
  const fd = connectSocket(lane, null);
  if (fd < 0) return;
  source.isThere = readName(lane, fd);
  const at = addressAt(lane);
  source.octets.set(tables.u8.subarray(at, at + addressLen(lane)));
  libc.close(fd);
}

/** Whether a socket's source is the kernel's choice. */
function isFrom(lane: Lane, fd: number): boolean {
  if (!readName(lane, fd)) return true;
  const at = addressAt(lane);
  for (let i = 0; i < addressLen(lane); i++) {
    if (lane.tables.u8[at + i] !== lane.source.octets[i]) return false;
  }
  return true;
}

/** Reads a socket's own address into LANE_SOCKADDR. */
function readName({ libc, tables }: Lane, fd: number): boolean {
  tables.u32[tables.sockaddrLen] = tables.sockaddrMax;
  return libc.getsockname(fd, tables.sockaddrAt, tables.sockaddrLenAt) === 0;
}

/** Offset of the address in LANE_SOCKADDR. */
function addressAt(lane: Lane): number {
  return lane.tables.block + LANE_SOCKADDR + (isV6(lane) ? SIN6_ADDR : SIN_ADDR);
}

function addressLen(lane: Lane): number {
  return isV6(lane) ? ADDRESS_MAX : V4_LEN;
}

function isV6(lane: Lane): boolean {
  return upstreamOf(lane).family === AF_INET6;
}
