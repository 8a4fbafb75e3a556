// Sockets: opens them, sets their options, and reads their addresses. All are non-blocking and
// close on exec.

import { socketAddressText } from "../model/socket_address.ts";
import {
  EACCES,
  ENOENT,
  EPERM,
  IPPROTO_TCP,
  LITTLE_ENDIAN,
  SO_KEEPALIVE,
  SO_OOBINLINE,
  SOCK_CLOEXEC,
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
} from "./constants.ts";
import { failed } from "./errno.ts";
import { expectDone, type Kernel } from "./kernel.ts";
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
 * urgent octets in line. Sockets inherit them from the listener that accepts them.
 *
 * @throws {Error} `Cannot use congestion control "bbr": ENOENT (...)`
 */
export function setTcpOptions(kernel: Kernel, fd: number, options: TcpOptions): void {
  const { congestion, keepaliveS } = options;
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_NODELAY, value: 1 });
  // Urgent octets stay in their place in the stream (RFC 6093 §5).
  setOption(kernel, fd, { level: SOL_SOCKET, name: SO_OOBINLINE, value: 1 });
  if (congestion !== null) setCongestion(kernel, fd, congestion);
  setOption(kernel, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE, value: keepaliveS === 0 ? 0 : 1 });
  if (keepaliveS === 0) return;
  const interval = Math.max(1, Math.round(keepaliveS / KEEPALIVE_PROBES));
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPIDLE, value: keepaliveS });
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPINTVL, value: interval });
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPCNT, value: KEEPALIVE_PROBES });
  // TCP sends no probes while data is unacknowledged, and the system would then retransmit for a
  // quarter of an hour.
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_USER_TIMEOUT, value: 2000 * keepaliveS });
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
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_NOTSENT_LOWAT, value: octets });
}

/**
 * Sets a socket option of type int.
 *
 * @throws {Error} If the kernel refuses it
 */
export function setOption({ libc, scratch }: Kernel, fd: number, option: SocketOption): void {
  const { level, name, value } = option;
  scratch.view.setInt32(0, value, LITTLE_ENDIAN);
  const result = libc.setsockopt(fd, level, name, scratch.at(0), 4);
  expectDone(libc, result, `Cannot set socket option ${name} of level ${level}`);
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
