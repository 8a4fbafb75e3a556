// Sockets: opening, options, addresses. All are non-blocking and close on exec.

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
 * Opens a socket of the family of `octets`.
 *
 * @param type SOCK_STREAM or SOCK_DGRAM
 * @throws {Error} If the kernel has none to give
 */
export function openSocket({ libc }: Kernel, octets: Uint8Array, type: number): number {
  const fd = libc.socket(familyOf(octets), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return expectDone(libc, fd, "Cannot open a socket");
}

/**
 * Gives a socket its own address.
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

/** What a TCP connection may be told to be. */
export interface TcpOptions {
  /** Name of a congestion control; null is the system's. */
  readonly congestion: string | null;
  /**
   * Silence before the first probe of a peer that may have vanished without a word, in seconds; 0
   * sends none.
   */
  readonly keepaliveS: number;
}

/**
 * Sets what every connection of ours has: no waiting for more to send (Nagle), urgent octets in
 * their place, and `options`. Sockets that a listener accepts have all of it from birth.
 *
 * @throws {Error} `Cannot use congestion control "bbr": ENOENT (...)`
 */
export function setTcpOptions(kernel: Kernel, fd: number, options: TcpOptions): void {
  const { congestion, keepaliveS } = options;
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_NODELAY, value: 1 });
  // Urgent octets stay where they are in the stream (RFC 6093 §5).
  setOption(kernel, fd, { level: SOL_SOCKET, name: SO_OOBINLINE, value: 1 });
  if (congestion !== null) setCongestion(kernel, fd, congestion);
  setOption(kernel, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE, value: keepaliveS === 0 ? 0 : 1 });
  if (keepaliveS === 0) return;
  const interval = Math.max(1, Math.round(keepaliveS / KEEPALIVE_PROBES));
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPIDLE, value: keepaliveS });
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPINTVL, value: interval });
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPCNT, value: KEEPALIVE_PROBES });
  // While something is unacknowledged there are no probes, and the system would go on for a quarter
  // of an hour.
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_USER_TIMEOUT, value: 2000 * keepaliveS });
}

/**
 * Tries `options` on a socket that goes nowhere.
 *
 * @throws {Error} What `setTcpOptions` throws
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
    [ENOENT]: "net.ipv4.tcp_available_congestion_control names those there are",
    [EPERM]: "net.ipv4.tcp_allowed_congestion_control names those that need no CAP_NET_ADMIN",
  };
  throw failed(`Cannot use congestion control "${congestion}"`, errno, hints[errno]);
}

/**
 * Lets the kernel hold at most about `octets` that it has not sent before it says "full". Accepted
 * sockets inherit it from their listener.
 */
export function setNotSentLowat(kernel: Kernel, fd: number, octets: number): void {
  setOption(kernel, fd, { level: IPPROTO_TCP, name: TCP_NOTSENT_LOWAT, value: octets });
}

/**
 * Sets a socket option that is an int.
 *
 * @throws {Error} If the kernel refuses it
 */
export function setOption({ libc, scratch }: Kernel, fd: number, option: SocketOption): void {
  const { level, name, value } = option;
  scratch.view.setInt32(0, value, LITTLE_ENDIAN);
  const result = libc.setsockopt(fd, level, name, scratch.at(0), 4);
  expectDone(libc, result, `Cannot set socket option ${name} of level ${level}`);
}

export interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: number;
}

/**
 * The address that a socket is bound to.
 *
 * @throws {Error} If `fd` is no socket
 */
export function localAddress({ libc, scratch }: Kernel, fd: number): InetAddress {
  scratch.view.setUint32(LEN_AT, SOCKADDR_MAX, LITTLE_ENDIAN);
  const result = libc.getsockname(fd, scratch.at(0), scratch.at(LEN_AT));
  expectDone(libc, result, "Cannot ask for a socket's address");
  return parseSockaddr(scratch.view);
}

/**
 * The kernel's smoothed round-trip time of a connection, µs; undefined if the connection is gone or
 * has none yet.
 */
export function tcpInfoRtt({ libc, scratch }: Kernel, fd: number): number | undefined {
  scratch.view.setUint32(LEN_AT, TCPI_RTT_AT + 4, LITTLE_ENDIAN);
  if (libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, scratch.at(0), scratch.at(LEN_AT)) < 0) {
    return undefined;
  }
  const rtt = scratch.view.getUint32(TCPI_RTT_AT, LITTLE_ENDIAN);
  return rtt === 0 ? undefined : rtt;
}

/** Where a call finds the length of its address or option: behind the longest of them. */
const LEN_AT = 128;
const SOCKADDR_MAX = 128;

/** `tcpi_rtt` in `struct tcp_info`; what lies behind it is not asked for. */
const TCPI_RTT_AT = 68;

/**
 * Probes without an answer that end a connection. Together they take as long as the silence before
 * the first.
 */
const KEEPALIVE_PROBES = 4;
