// Opening a TCP connection without blocking the thread.

import { setTimeout as delay } from "node:timers/promises";
import { socketAddressText } from "../model/socket_address.ts";
import { EALREADY, EINPROGRESS, EISCONN, SOCK_STREAM } from "./constants.ts";
import { failed } from "./errno.ts";
import { useFlowLabel } from "./flow_label.ts";
import type { Kernel } from "./kernel.ts";
import { openSocket, setTcpOptions, type TcpOptions } from "./sockets.ts";
import { emitSockaddr, type InetAddress } from "./structs.ts";

/** The first look at whether it is up comes after this long, each later one after twice as long, ms. */
const LOOK_MIN_MS = 1;
const LOOK_MAX_MS = 32;

export interface DialOptions {
  readonly timeoutMs: number;
  readonly tcp: TcpOptions;
  /** Of IPv6, 20 bits; 0 lets the kernel choose one for the connection. */
  readonly flowLabel: number;
  /** Gives up early. */
  readonly signal: AbortSignal;
}

/**
 * Connects to `remote`; the descriptor has the options of `setTcpOptions` and is the caller's.
 *
 * @throws {Error} `Cannot connect to 192.0.2.1:4500: ECONNREFUSED`
 */
export async function dialTcp(
  kernel: Kernel,
  remote: InetAddress,
  { timeoutMs, signal, tcp, flowLabel }: DialOptions,
): Promise<number> {
  const fd = openSocket(kernel, remote.octets, SOCK_STREAM);
  const sockaddr = emitSockaddr(remote, flowLabel);
  try {
    setTcpOptions(kernel, fd, tcp);
    if (remote.octets.length === 16 && flowLabel > 0) {
      useFlowLabel(kernel, fd, { to: remote.octets, label: flowLabel });
    }
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

/** `connect` again and again says how far it is; unlike SO_ERROR it tells "done" from "not yet". */
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
