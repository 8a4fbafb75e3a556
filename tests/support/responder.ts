// A TCP responder of RFC 9329 for tests of `connect`. It keeps the stream prefix and the payloads
// of each connection.

import { Buffer } from "node:buffer";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createFrameReader, frame, STREAM_PREFIX } from "./frames.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { WAIT_MS, within } from "./wait.ts";

/** A connection as the responder sees it. */
export interface Accepted {
  /** The first six octets, once they have come. */
  prefix(): Promise<Buffer>;
  /** The next payload after the stream prefix. */
  next(timeoutMs?: number): Promise<Buffer>;
  send(octets: Uint8Array): void;
  sendFrames(...payloads: readonly Uint8Array[]): void;
  /** Resolves when the originator has ended it. */
  readonly ended: Promise<void>;
  reset(): void;
}

export interface Responder {
  readonly port: number;
  /** The next connection that was not taken yet. */
  accept(timeoutMs?: number): Promise<Accepted>;
  /** Number of connections that were not taken yet. */
  waiting(): number;
  close(): Promise<void>;
}

/** Listens on a loopback port: a free one, or the one given. */
export async function openResponder(port = 0): Promise<Responder> {
  const came: Accepted[] = [];
  const waiters: ((accepted: Accepted) => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const accepted = readConnection(socket);
    const waiter = waiters.shift();
    if (waiter === undefined) came.push(accepted);
    else waiter(accepted);
  });
  await listening(server, port);

  async function accept(timeoutMs = WAIT_MS): Promise<Accepted> {
    const first = came.shift();
    if (first !== undefined) return first;
    return await within<Accepted>(timeoutMs, "a connection", (resolve) => waiters.push(resolve));
  }

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  }

  const address = server.address() as AddressInfo;
  return { port: address.port, accept, waiting: () => came.length, close };
}

function listening(server: Server, port: number): Promise<void> {
  return within<void>(WAIT_MS, "the listener", (resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}

function readConnection(socket: Socket): Accepted {
  const inbox = createInbox();
  const prefix = createInbox();
  const reader = createFrameReader();
  let opening: Buffer | undefined = Buffer.alloc(0);

  socket.on("data", (octets: Uint8Array) => {
    if (opening === undefined) {
      put(inbox, reader.push(octets));
      return;
    }
    opening = Buffer.concat([opening, octets]);
    if (opening.length < STREAM_PREFIX.length) return;
    prefix.put(opening.subarray(0, STREAM_PREFIX.length));
    put(inbox, reader.push(opening.subarray(STREAM_PREFIX.length)));
    opening = undefined;
  });
  const ended = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  // An RST of the originator ends the connection like any other end.
  socket.on("error", () => socket.destroy());

  return {
    prefix: () => prefix.take(WAIT_MS),
    next: (timeoutMs = WAIT_MS) => inbox.take(timeoutMs),
    send: (octets) => void socket.write(octets),
    sendFrames: (...payloads) => void socket.write(Buffer.concat(payloads.map(frame))),
    ended,
    reset: () => void socket.resetAndDestroy(),
  };
}

function put(inbox: Inbox, payloads: readonly Buffer[]): void {
  for (const payload of payloads) inbox.put(payload);
}
