// TCP listeners, one per lane. They share an address by SO_REUSEPORT, and the kernel spreads
// connections over them.
//
// With that option a second gateway of the same user would silently share a busy port. So we first
// bind a guard socket without it. This fails if anyone listens there, and holds the port (even one
// the kernel chose) until our listeners do.

import { socketAddressText } from "../model/socket_address.ts";
import {
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants.ts";
import { failed } from "./errno.ts";
import { expectDone, type Kernel } from "./kernel.ts";
import {
  bindSocket,
  localAddress,
  markSocket,
  openSocket,
  setOption,
  setTcpOptions,
  type TcpOptions,
  trySetOption,
} from "./sockets.ts";
import type { InetAddress } from "./structs.ts";

/** What to listen on. */
export interface ListenOptions {
  /** Port 0 lets the kernel choose one. */
  readonly address: InetAddress;
  /** Listeners to open on the address, one per lane. */
  readonly count: number;
  /** For the connections that they accept. */
  readonly tcp: TcpOptions;
  /** For the connections that they accept, too ({@link markSocket}); default 0. */
  readonly mark?: number;
  /** Leaves IPv4 to another listener of the same port. Otherwise `[::]` accepts both. */
  readonly isV6Only?: boolean;
}

/** Listeners of one address. */
export interface Listeners {
  readonly fds: readonly number[];
  /** The address, with the port in use. */
  readonly address: InetAddress;
}

/**
 * Opens the listeners of one address. Accepted sockets inherit the options of `setTcpOptions`. The
 * caller owns the descriptors.
 *
 * @throws {Error} `Cannot bind 127.0.0.1:4500: EADDRINUSE`, or an error of `setTcpOptions`; nothing
 *   stays open
 */
export function listenTcp(kernel: Kernel, options: ListenOptions): Listeners {
  const fds: number[] = [];
  const guard = openSocket(kernel, options.address.octets, SOCK_STREAM);
  try {
    claim(kernel, guard, options);
    const address = localAddress(kernel, guard);
    while (fds.length < options.count) {
      const fd = openSocket(kernel, address.octets, SOCK_STREAM);
      fds.push(fd);
      sharePort(kernel, fd, options.count);
      claim(kernel, fd, { ...options, address });
      setTcpOptions(kernel, fd, options.tcp);
      markSocket(kernel, fd, options.mark ?? 0);
      const result = kernel.libc.listen(fd, BACKLOG);
      expectDone(kernel.libc, result, `Cannot listen on ${socketAddressText(address)}`);
    }
    return { fds, address };
  } catch (error) {
    for (const fd of fds) kernel.libc.close(fd);
    throw error;
  } finally {
    kernel.libc.close(guard);
  }
}

/** Lets the listeners share their address. A single one does not depend on it. */
function sharePort(kernel: Kernel, fd: number, count: number): void {
  const errno = trySetOption(kernel, fd, { level: SOL_SOCKET, name: SO_REUSEPORT, value: 1 });
  if (errno !== 0 && count > 1) throw failed("Cannot share a port among lanes", errno);
}

/** Binds, even while connections of an earlier run still linger on the port. */
function claim(kernel: Kernel, fd: number, { address, isV6Only }: ListenOptions): void {
  setOption(kernel, fd, { level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 });
  if (address.octets.length === 16) {
    const value = isV6Only === true ? 1 : 0;
    setOption(kernel, fd, { level: IPPROTO_IPV6, name: IPV6_V6ONLY, value });
  }
  bindSocket(kernel, fd, address);
}

/** Connections that may wait to be accepted. The kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096;
