// Sockets: opens them, sets their options, and reads their addresses. All are non-blocking and
// close on exec.

import type { BetterCall } from "../model/better_call.ts";
import { socketAddressText } from "../model/socket_address.ts";
import {
  EACCES,
  ENOENT,
  EPERM,
  IPPROTO_TCP,
  IPPROTO_UDP,
  LITTLE_ENDIAN,
  SO_KEEPALIVE,
  SO_MARK,
  SO_OOBINLINE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_CONGESTION,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_USER_TIMEOUT,
  UDP_SEGMENT,
} from "./constants.ts";
import { failed } from "./errno.ts";
import { expectDone, type Kernel, noteRefused } from "./kernel.ts";
import { emitSockaddr, familyOf, type InetAddress, parseSockaddr } from "./structs.ts";

/**
 * Opens a socket of the family of `octets`. The caller owns the descriptor.
 *
 * @param type SOCK_STREAM or SOCK_DGRAM
 * @throws {Error} If the kernel has no socket to give
 */
export function openSocket({ libc }: Kernel, octets: Uint8Array, type: number): number {
  const fd = libc.socket(familyOf(octets), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return expectDone(libc, fd, "Cannot open a socket");
}

/**
 * Binds a socket to a local address.
 *
 * @throws {Error} `Cannot bind 127.0.0.1:4500: EADDRINUSE`
 */
export function bindSocket({ libc, scratch }: Kernel, fd: number, address: InetAddress): void {
  const sockaddr = emitSockaddr(address);
  scratch.u8.set(sockaddr);
  if (libc.bind(fd, scratch.at(0), sockaddr.length) === 0) return;
  const errno = libc.errno();
  const hint = errno === EACCES ? "needs CAP_NET_BIND_SERVICE" : undefined;
  throw failed(`Cannot bind ${socketAddressText(address)}`, errno, hint);
}

/** Settings of a TCP connection. */
export interface TcpOptions {
  /** Name of a congestion control, or null for the system's. */
  readonly congestion: string | null;
  /**
   * Seconds of silence before the first probe of a peer that may have vanished without closing. 0
   * sends no probes.
   */
  readonly keepaliveS: number;
}

/**
 * Sets the options of all our connections: `options`, no delay to collect more data (Nagle), and
 * urgent octets in line. Sockets inherit them from the listener that accepts them. Where the kernel
 * refuses keepalive or the end of the delay, the connection goes without.
 *
 * @throws {Error} `Cannot use congestion control "bbr": ENOENT (...)`
 */
export function setTcpOptions(kernel: Kernel, fd: number, options: TcpOptions): void {
  const { congestion, keepaliveS } = options;
  preferOption(kernel, fd, "tcp_nodelay", { level: IPPROTO_TCP, name: TCP_NODELAY, value: 1 });
  // Urgent octets stay in their place in the stream (RFC 6093 §5).
  setOption(kernel, fd, { level: SOL_SOCKET, name: SO_OOBINLINE, value: 1 });
  if (congestion !== null) setCongestion(kernel, fd, congestion);
  const isOn = keepaliveS === 0 ? 0 : 1;
  const keepalive = { level: SOL_SOCKET, name: SO_KEEPALIVE, value: isOn };
  if (!preferOption(kernel, fd, "tcp_keepalive", keepalive) || keepaliveS === 0) return;
  const probes = [
    { name: TCP_KEEPIDLE, value: keepaliveS },
    { name: TCP_KEEPINTVL, value: Math.max(1, Math.round(keepaliveS / KEEPALIVE_PROBES)) },
    { name: TCP_KEEPCNT, value: KEEPALIVE_PROBES },
  ];
  for (const probe of probes) {
    preferOption(kernel, fd, "tcp_keepalive", { level: IPPROTO_TCP, ...probe });
  }
  // TCP sends no probes while data is unacknowledged, and the system would then retransmit for a
  // quarter of an hour.
  const timeout = { level: IPPROTO_TCP, name: TCP_USER_TIMEOUT, value: 2000 * keepaliveS };
  preferOption(kernel, fd, "tcp_user_timeout", timeout);
}

/**
 * Tries `options` on a socket that is not connected.
 *
 * @throws {Error} As `setTcpOptions`
 */
export function checkTcpOptions(kernel: Kernel, options: TcpOptions): void {
  const fd = openSocket(kernel, new Uint8Array(4), SOCK_STREAM);
  try {
    setTcpOptions(kernel, fd, options);
  } finally {
    kernel.libc.close(fd);
  }
}

function setCongestion({ libc, scratch }: Kernel, fd: number, congestion: string): void {
  const name = new TextEncoder().encode(congestion);
  scratch.u8.set(name);
  if (libc.setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, scratch.at(0), name.length) === 0) return;
  const errno = libc.errno();
  const hints: Readonly<Record<number, string>> = {
    [ENOENT]: "net.ipv4.tcp_available_congestion_control lists the available ones",
    [EPERM]: "net.ipv4.tcp_allowed_congestion_control lists those that need no CAP_NET_ADMIN",
  };
  throw failed(`Cannot use congestion control "${congestion}"`, errno, hints[errno]);
}

/**
 * Makes a socket unwritable while the kernel holds about `octets` or more that it has not sent.
 * Sockets inherit this from the listener that accepts them.
 */
export function setNotSentLowat(kernel: Kernel, fd: number, octets: number): void {
  const lowat = { level: IPPROTO_TCP, name: TCP_NOTSENT_LOWAT, value: octets };
  preferOption(kernel, fd, "tcp_notsent_lowat", lowat);
}

/**
 * Sets a socket option of type int that the socket can do without.
 *
 * @returns false if the kernel refuses it
 */
function preferOption(
  kernel: Kernel,
  fd: number,
  call: BetterCall,
  option: SocketOption,
): boolean {
  const errno = trySetOption(kernel, fd, option);
  if (errno !== 0) noteRefused(kernel, call, errno);
  return errno === 0;
}

/**
 * Gives a socket the mark (`fwmark`) by which routing rules know it; 0 leaves it without. Sockets
 * inherit it from the listener that accepts them.
 *
 * @throws {Error} `Cannot mark a socket: EPERM (needs CAP_NET_ADMIN)`
 */
export function markSocket(kernel: Kernel, fd: number, mark: number): void {
  if (mark === 0) return;
  const { libc, scratch } = kernel;
  scratch.view.setUint32(0, mark, LITTLE_ENDIAN);
  if (libc.setsockopt(fd, SOL_SOCKET, SO_MARK, scratch.at(0), 4) === 0) return;
  const errno = libc.errno();
  const hint = errno === EPERM ? "needs CAP_NET_ADMIN" : undefined;
  throw failed("Cannot mark a socket", errno, hint);
}

/**
 * Sets a socket option of type int.
 *
 * @throws {Error} If the kernel refuses it
 */
export function setOption(kernel: Kernel, fd: number, option: SocketOption): void {
  const errno = trySetOption(kernel, fd, option);
  const { level, name } = option;
  if (errno !== 0) throw failed(`Cannot set socket option ${name} of level ${level}`, errno);
}

/** Sets a socket option of type int. Returns errno, or 0 for success. */
export function trySetOption(
  { libc, scratch }: Kernel,
  fd: number,
  { level, name, value }: SocketOption,
): number {
  scratch.view.setInt32(0, value, LITTLE_ENDIAN);
  return libc.setsockopt(fd, level, name, scratch.at(0), 4) === 0 ? 0 : libc.errno();
}

/**
 * Whether this kernel can cut a run of datagrams (UDP_SEGMENT, Linux 4.18). An older one would send
 * the run as one long datagram, without an error.
 */
export function knowsUdpSegment(kernel: Kernel): boolean {
  const { libc, scratch } = kernel;
  const fd = openSocket(kernel, new Uint8Array(4), SOCK_DGRAM);
  scratch.view.setUint32(LEN_AT, 4, LITTLE_ENDIAN);
  const at = [scratch.at(0), scratch.at(LEN_AT)] as const;
  const isKnown = libc.getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, ...at) === 0;
  if (!isKnown) noteRefused(kernel, "udp_segment", libc.errno());
  libc.close(fd);
  return isKnown;
}

/** A socket option by its level and name, and its value. */
export interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: number;
}

/**
 * The address to which a socket is bound.
 *
 * @throws {Error} If `fd` is not a socket
 */
export function localAddress({ libc, scratch }: Kernel, fd: number): InetAddress {
  scratch.view.setUint32(LEN_AT, SOCKADDR_MAX, LITTLE_ENDIAN);
  const result = libc.getsockname(fd, scratch.at(0), scratch.at(LEN_AT));
  expectDone(libc, result, "Cannot ask for a socket's address");
  return parseSockaddr(scratch.view);
}

/**
 * The kernel's smoothed round-trip time of a connection, in µs. Undefined if the connection is gone
 * or has none yet.
 */
export function tcpInfoRtt({ libc, scratch }: Kernel, fd: number): number | undefined {
  scratch.view.setUint32(LEN_AT, TCPI_RTT_AT + 4, LITTLE_ENDIAN);
  if (libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, scratch.at(0), scratch.at(LEN_AT)) < 0) {
    return undefined;
  }
  const rtt = scratch.view.getUint32(TCPI_RTT_AT, LITTLE_ENDIAN);
  return rtt === 0 ? undefined : rtt;
}

/**
 * Offset in the window of the length that a call reads and writes. It lies behind the longest
 * address or option.
 */
const LEN_AT = 128;
const SOCKADDR_MAX = 128;

/** Offset of `tcpi_rtt` in `struct tcp_info`. We ask for nothing behind it. */
const TCPI_RTT_AT = 68;

/**
 * Unanswered probes that end a connection. Together they take as long as the silence before the
 * first.
 */
const KEEPALIVE_PROBES = 4;
