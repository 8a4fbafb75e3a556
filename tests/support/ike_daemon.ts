// A stand-in for an IKE daemon: a UDP socket that records what comes and answers when told to. As
// RFC 3948 §2.3 has it, it ignores the NAT keepalive with which a gateway asks for it; one from a
// connection's own socket would be the client's and is recorded.

import type { Buffer } from "node:buffer";
import { createSocket, type Socket } from "node:dgram";
import { WAIT_MS, within } from "./wait.ts";

/** A datagram as the daemon saw it. */
export interface Datagram {
  readonly octets: Buffer;
  readonly address: string;
  readonly port: number;
}

export interface IkeDaemon {
  readonly port: number;
  next(timeoutMs?: number): Promise<Datagram>;
  waiting(): number;
  /** Sends to where a datagram came from. */
  send(to: Pick<Datagram, "address" | "port">, octets: Uint8Array): Promise<void>;
  /** Answers each datagram with the result of `reply`, from now on. */
  answer(reply: (datagram: Datagram) => Uint8Array | undefined): void;
  close(): Promise<void>;
}

/** Opens a daemon, on loopback unless `address` says otherwise; `port` 0 picks one. */
export async function openIkeDaemon(port = 0, address = "127.0.0.1"): Promise<IkeDaemon> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  await within<void>(WAIT_MS, "bind", (resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, address, resolve);
  });
  // Bursts of the largest messages must fit: a loss here would look like a loss in the gateway.
  socket.setRecvBufferSize(1 << 22);
  const items: Datagram[] = [];
  const waiters: ((datagram: Datagram) => void)[] = [];
  const ports = new Set<number>();
  let reply: (datagram: Datagram) => Uint8Array | undefined = () => undefined;
  socket.on("message", (octets: Buffer, { address, port }) => {
    if (octets.length === 1 && octets[0] === 0xff && !ports.has(port)) return;
    ports.add(port);
    const datagram = { octets, address, port };
    const answer = reply(datagram);
    if (answer !== undefined) void sendTo(socket, { address, port }, answer);
    const waiter = waiters.shift();
    if (waiter === undefined) items.push(datagram);
    else waiter(datagram);
  });

  async function next(timeoutMs = WAIT_MS): Promise<Datagram> {
    const item = items.shift();
    if (item !== undefined) return item;
    let mine: ((datagram: Datagram) => void) | undefined;
    try {
      return await within<Datagram>(timeoutMs, "a datagram at the daemon", (resolve) => {
        mine = resolve;
        waiters.push(resolve);
      });
    } finally {
      const at = mine === undefined ? -1 : waiters.indexOf(mine);
      if (at >= 0) waiters.splice(at, 1);
    }
  }

  return {
    port: socket.address().port,
    next,
    waiting: () => items.length,
    send: (to, octets) => sendTo(socket, to, octets),
    answer: (next) => void (reply = next),
    close: () => within<void>(WAIT_MS, "close", (resolve) => void socket.close(resolve)),
  };
}

/**
 * Bun reports a refused datagram, Deno does not. A daemon goes on after one, because the gateway
 * may close a connection's socket at any time.
 */
function sendTo(
  socket: Socket,
  { address, port }: Pick<Datagram, "address" | "port">,
  octets: Uint8Array,
): Promise<void> {
  return within<void>(WAIT_MS, "send", (resolve, reject) => {
    socket.send(octets, port, address, (error) => {
      if (error && !/ECONNREFUSED/.test(error.message)) reject(error);
      else resolve();
    });
  });
}
