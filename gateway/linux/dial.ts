// Opens a TCP connection without blocking the thread.

import { setTimeout as delay } from "node:timers/promises";
import { socketAddressText } from "../model/socket_address.ts";
import { EALREADY, EINPROGRESS, EISCONN, SOCK_STREAM } from "./constants.ts";
import { failed } from "./errno.ts";
import { type OwnLabel, useFlowLabel } from "./flow_label.ts";
import type { Kernel } from "./kernel.ts";
import { markSocket, openSocket, setTcpOptions, type TcpOptions } from "./sockets.ts";
import { emitSockaddr, type InetAddress } from "./structs.ts";

/** Pause before the first check of the connection, ms. It doubles each time, up to the maximum. */
const LOOK_MIN_MS = 1;
const LOOK_MAX_MS = 32;

/** How to connect. */
export interface DialOptions {
  readonly timeoutMs: number;
  readonly tcp: TcpOptions;
  /** For IPv6; null lets the kernel choose a flow label for the connection. */
  readonly ownLabel: OwnLabel | null;
  /** The socket's mark ({@link markSocket}); default 0. */
  readonly mark?: number;
  /** Aborts the attempt. */
  readonly signal: AbortSignal;
}

/**
 * Connects to `remote`. The socket has the options of `setTcpOptions`. The caller owns the returned
 * descriptor and must close it.
 *
 * @throws {Error} `Cannot connect to 192.0.2.1:4500: ECONNREFUSED`, or the signal's reason; the
 *   socket is then closed
 */
export async function dialTcp(
  kernel: Kernel,
  remote: InetAddress,
  { timeoutMs, signal, tcp, ownLabel, mark = 0 }: DialOptions,
): Promise<number> {
  const fd = openSocket(kernel, remote.octets, SOCK_STREAM);
  const isLabelled = remote.octets.length === 16 && ownLabel !== null;
  try {
    setTcpOptions(kernel, fd, tcp);
    markSocket(kernel, fd, mark);
    const label = isLabelled ? useFlowLabel(kernel, fd, { to: remote.octets, own: ownLabel }) : 0;
    const sockaddr = emitSockaddr(remote, label);
    const looksMax = timeoutMs / LOOK_MAX_MS;
    let pause = LOOK_MIN_MS;
    for (let look = 0; !isUp(kernel, fd, { remote, sockaddr }); look++) {
      if (look >= looksMax) throw new Error(`${actionOn(remote)}: no answer in ${timeoutMs} ms`);
      await delay(pause, undefined, { signal });
      pause = Math.min(2 * pause, LOOK_MAX_MS);
    }
    return fd;
  } catch (error) {
    kernel.libc.close(fd);
    throw error;
  }
}

/**
 * Whether the connection is up. Each further `connect` reports the progress; unlike SO_ERROR, it
 * tells "done" from "not yet".
 */
function isUp(
  { libc, scratch }: Kernel,
  fd: number,
  { remote, sockaddr }: { readonly remote: InetAddress; readonly sockaddr: Uint8Array },
): boolean {
  scratch.u8.set(sockaddr);
  if (libc.connect(fd, scratch.at(0), sockaddr.length) === 0) return true;
  const errno = libc.errno();
  if (errno === EISCONN) return true;
  if (errno === EINPROGRESS || errno === EALREADY) return false;
  throw failed(actionOn(remote), errno);
}

function actionOn(remote: InetAddress): string {
  return `Cannot connect to ${socketAddressText(remote)}`;
}
