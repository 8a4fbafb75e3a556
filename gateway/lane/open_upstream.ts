// The upstream socket of a connection. The first message that needs it opens it.

import { LANE_SOCKADDR } from "../../ts-bindings/layout.ts";
import { daemonOf } from "../edges/ends.ts";
import type { Upstream } from "../edges/ike_endpoint.ts";
import {
  AF_INET,
  AF_INET6,
  EADDRINUSE,
  EAGAIN,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  ENOSPC,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DONT,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_UDP,
  IPV6_MTU_DISCOVER,
  IPV6_RECVERR,
  SO_MARK,
  SO_RCVBUF,
  SO_RXQ_OVFL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  UDP_GRO,
} from "../linux/constants.ts";
import { parseSockaddr } from "../linux/structs.ts";
import type { Connection } from "./connection.ts";
import { noteRefused } from "./evidence.ts";
import type { Lane } from "./lane.ts";
import { prefer } from "./plain.ts";
import { rowAddress, setRowUpLocal } from "./row.ts";
import { isKept, isTrusted, makeFree } from "./shortage.ts";
import { tellTrouble } from "./trouble.ts";
import { TAG_UPSTREAM, watch } from "./watch.ts";

/** Offset of `sin_addr` in `sockaddr_in`, and the length of that, octets. */
const SIN_ADDR = 4;
const SOCKADDR_IN_LEN = 16;

/**
 * Octets that the kernel may hold while a daemon is faster than the lane; net.core.rmem_max limits
 * them. With the kernel's default, the 257th of a burst of small messages is lost, and nobody sends
 * IKE again over TCP.
 */
const RCVBUF = 1 << 20;

const OVERFLOW = { call: "so_rxq_ovfl", level: SOL_SOCKET, name: SO_RXQ_OVFL } as const;
const GRO = { call: "udp_gro", level: IPPROTO_UDP, name: UDP_GRO } as const;
const BUFFER = { call: "so_rcvbuf", level: SOL_SOCKET, name: SO_RCVBUF } as const;

/**
 * Errors of a shortage that may pass: descriptors, memory, watches, and ports, which `connect` and
 * `bind` tell in a way of their own.
 */
const SHORTAGES: readonly number[] = [
  EMFILE,
  ENFILE,
  ENOMEM,
  ENOBUFS,
  ENOSPC,
  EAGAIN,
  EADDRINUSE,
];

/**
 * Opens, binds and connects the UDP socket of a connection.
 *
 * @returns `short` if the system has no socket or port to give now. `failed` for any other reason,
 *   such as a network without a route
 */
export function openUpstream(lane: Lane, connection: Connection): "open" | "short" | "failed" {
  for (;;) {
    const fd = watched(lane, connection, unlessKept(lane, connection));
    if (fd >= 0) {
      connection.upstreamFd = fd;
      noteLocal(lane, connection);
      return "open";
    }
    const errno = -fd;
    const isShort = SHORTAGES.includes(errno);
    if (isShort && makeFree(lane, connection, waitedMs(lane, connection)) === "now") continue;
    if (isShort) tellTrouble(lane, "upstream_failed", errno);
    else noteRefused(lane, errno);
    return isShort ? "short" : "failed";
  }
}

function waitedMs({ now }: Lane, { heldAt }: Connection): number {
  return heldAt === 0 ? 0 : now - heldAt;
}

/**
 * Opens a UDP socket that is connected to the daemon.
 *
 * @param connection Its client has the source that `--upstream-source` gives it; null leaves the
 *   source to the kernel
 * @returns The descriptor; a negated errno if there is none
 */
export function connectSocket(lane: Lane, connection: Connection | null): number {
  const { libc } = lane;
  const upstream = upstreamOf(lane);
  const fd = libc.socket(upstream.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -libc.errno();
  return setUp(lane, connection, upstream, fd) ? fd : giveBack(lane, fd);
}

/** Opens the socket of a connection, unless its descriptor is kept for others. */
function unlessKept(lane: Lane, connection: Connection): number {
  const fd = connectSocket(lane, connection);
  if (fd < 0 || !isKept(lane, fd) || isTrusted(lane, connection)) return fd;
  lane.libc.close(fd);
  return -EMFILE;
}

/** Watches a socket. Returns it, or a negated errno. */
function watched(lane: Lane, { row, serial }: Connection, fd: number): number {
  if (fd < 0 || watch(lane, fd, { kind: TAG_UPSTREAM, row, serial })) return fd;
  return giveBack(lane, fd);
}

/** Closes a socket on which a call has just failed. Returns the negated errno of that. */
function giveBack({ libc }: Lane, fd: number): number {
  const errno = libc.errno();
  libc.close(fd);
  return -errno;
}

/** Connects a socket to the daemon. Returns false if the kernel refuses. */
export function connectUpstream({ libc, tables }: Lane, upstream: Upstream, fd: number): boolean {
  tables.u8.set(upstream.address, tables.scratch);
  return libc.connect(fd, tables.scratchAt, upstream.address.length) === 0;
}

/** The daemon. A lane without one opens no upstream sockets. */
export function upstreamOf({ init }: Lane): Upstream {
  const upstream = daemonOf(init);
  if (upstream === undefined) {
    throw new Error("Cannot open an upstream socket: there is no upstream");
  }
  return upstream;
}

function setUp(
  lane: Lane,
  connection: Connection | null,
  upstream: Upstream,
  fd: number,
): boolean {
  const { libc, tables } = lane;
  setOptions(lane, fd);
  keepPathOpen(lane, upstream, fd);
  const { mark = 0 } = upstream;
  tables.u32[tables.scratch >>> 2] = mark;
  if (mark !== 0 && libc.setsockopt(fd, SOL_SOCKET, SO_MARK, tables.scratchAt, 4) < 0) return false;
  if (upstream.source !== null && connection !== null) {
    writeSource(lane, connection, upstream.source);
    if (libc.bind(fd, tables.scratchAt, SOCKADDR_IN_LEN) < 0) return false;
  }
  return connectUpstream(lane, upstream, fd);
}

/**
 * Has datagrams fragmented where the path is narrower than they are, and has every refusal told.
 *
 * With DF an IKE message that is too large vanishes, and only the next one would be smaller (RFC
 * 791 §3.2). ESP may be fragmented as well: a relayed packet cannot be made smaller, and its sender
 * never learns of this path. Without IP_RECVERR the kernel keeps most refusals to itself.
 *
 * A socket of IPv6 may send to a mapped IPv4 address, so it has the options of both.
 */
function keepPathOpen({ libc, tables }: Lane, { family }: Upstream, fd: number): void {
  const { oneAt, scratchAt } = tables;
  tables.u32[tables.scratch >>> 2] = IP_PMTUDISC_DONT;
  libc.setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, scratchAt, 4);
  libc.setsockopt(fd, IPPROTO_IP, IP_RECVERR, oneAt, 4);
  if (family !== AF_INET6) return;
  libc.setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, scratchAt, 4);
  libc.setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, oneAt, 4);
}

/** Options without which the socket does the same: slower, or with losses that nobody counts. */
function setOptions(lane: Lane, fd: number): void {
  const { init, tables } = lane;
  // The u64 of 1 serves as an int of 1, which turns an option on.
  prefer(lane, fd, { ...OVERFLOW, value: tables.oneAt });
  if (init.takesRuns) prefer(lane, fd, { ...GRO, value: tables.oneAt });
  tables.u32[tables.scratch >>> 2] = RCVBUF;
  prefer(lane, fd, { ...BUFFER, value: tables.scratchAt });
}

/** Stores the address from which the daemon hears of the connection, for those who look it up. */
export function noteLocal(
  { libc, tables }: Lane,
  { row, upstreamFd: fd }: Connection,
): void {
  tables.u32[tables.sockaddrLen] = tables.sockaddrMax;
  if (libc.getsockname(fd, tables.sockaddrAt, tables.sockaddrLenAt) < 0) return;
  const at = tables.block + LANE_SOCKADDR;
  const { octets, port } = parseSockaddr(new DataView(tables.u8.buffer, at, tables.sockaddrMax));
  setRowUpLocal(tables, row, { octets, port });
}

/**
 * Writes the client's own source address into the scratch area: the prefix, then a hash of the
 * client's address.
 */
function writeSource(
  lane: Lane,
  connection: Connection,
  source: { readonly octets: Uint8Array; readonly bits: number },
): void {
  const { u8, scratch } = lane.tables;
  u8.fill(0, scratch, scratch + SOCKADDR_IN_LEN);
  u8[scratch] = AF_INET;
  const host = sourceHost(clientOctets(lane, connection), source.bits);
  for (let i = 0; i < 4; i++) {
    u8[scratch + SIN_ADDR + i] = (source.octets[i] ?? 0) | ((host >>> (24 - 8 * i)) & 0xff);
  }
}

/** The octets that tell clients apart: an IPv4 address, or the first half of an IPv6 address. */
function clientOctets(lane: Lane, connection: Connection): Uint8Array {
  return rowAddress(lane.tables, connection.row).subarray(0, 8);
}

/**
 * Returns the host part of a client's upstream source address.
 *
 * It is the same for all connections of a client and in every run, so an IKE cookie that the client
 * got on one connection is good on the next (RFC 9329 §6.3). The hash is FNV-1a. Two clients that
 * collide share an address, as all do without `--upstream-source`.
 *
 * @param client Octets that tell clients apart
 * @param bits Prefix length, 8..30
 * @returns A number of 32 - `bits` bits, neither the network's own address nor its broadcast
 *   address
 */
export function sourceHost(client: Uint8Array, bits: number): number {
  let hash = 0x811c9dc5;
  for (const octet of client) hash = Math.imul(hash ^ octet, 0x01000193) >>> 0;
  // FNV mixes its low bits best. Fold the high ones in for short host parts.
  hash = (hash ^ (hash >>> 15)) >>> 0;
  return 1 + hash % (2 ** (32 - bits) - 2);
}
