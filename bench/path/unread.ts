// How much of the octets sent on a loopback connection the receiver has not read: octets that the
// sender's socket still holds, and octets that wait in the receiver's.

import { readFileSync } from "node:fs";

/**
 * Octets on their way to port `to` of loopback that the receiver has not read yet, for each of the
 * source ports.
 */
export function unreadLens(from: readonly number[], to: number): number[] {
  const lens = new Map(from.map((port) => [port, 0]));
  for (const { local, remote, unsent, unread } of sockets()) {
    if (remote === to && lens.has(local)) lens.set(local, (lens.get(local) ?? 0) + unsent);
    if (local === to && lens.has(remote)) lens.set(remote, (lens.get(remote) ?? 0) + unread);
  }
  return [...lens.values()];
}

interface TcpSocket {
  /** Port numbers. */
  readonly local: number;
  readonly remote: number;
  /**
   * Octets that the other end has not acknowledged, and octets that this end has not read. A FIN
   * counts as one.
   */
  readonly unsent: number;
  readonly unread: number;
}

/**
 * All TCP sockets of this network namespace, from `/proc/net/tcp`, whose numbers are hexadecimal.
 */
function sockets(): TcpSocket[] {
  return readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1).map((line) => {
    const [, local = "", remote = "", , queues = ""] = line.trim().split(/ +/);
    const [unsent = "", unread = ""] = queues.split(":");
    const portOf = (address: string): number => parseInt(address.slice(-4), 16);
    return {
      local: portOf(local),
      remote: portOf(remote),
      unsent: parseInt(unsent, 16),
      unread: parseInt(unread, 16),
    };
  });
}
