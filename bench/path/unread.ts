// How much of what was sent on a connection of loopback its other end has not read: what our kernel still holds, and what its own does.

import { readFileSync } from "node:fs";

/** Octets on their way to the port `to` of loopback that its owner has not read, for each of the ports that they come from. */
export function unreadLens(from: readonly number[], to: number): number[] {
  const lens = new Map(from.map((port) => [port, 0]));
  for (const { local, remote, unsent, unread } of sockets()) {
    if (remote === to && lens.has(local)) lens.set(local, (lens.get(local) ?? 0) + unsent);
    if (local === to && lens.has(remote)) lens.set(remote, (lens.get(remote) ?? 0) + unread);
  }
  return [...lens.values()];
}

interface TcpSocket {
  /** Ports. */
  readonly local: number;
  readonly remote: number;
  /** Octets, a FIN as one: not acknowledged by the other end; not read by this one. */
  readonly unsent: number;
  readonly unread: number;
}

/** All of this network namespace, as `/proc/net/tcp` has them: everything in base 16. */
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
