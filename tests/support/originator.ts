// A TCP originator of RFC 9329 for tests: it sends any octets in any pieces, and keeps what it
// receives as payloads.

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { createFrameReader, frame, STREAM_PREFIX } from "./frames.ts";
import { createInbox } from "./inbox.ts";
import { WAIT_MS, within } from "./wait.ts";

export interface OriginatorOptions {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  /** Octets sent at once; default the stream prefix. */
  readonly opening?: Uint8Array;
}

/** How a connection ended, seen from here. */
export type Ending = "fin" | "reset";

export interface Originator {
  readonly localAddress: string;
  readonly localPort: number;
  /** Sends the parts as they are, in one write. */
  send(...parts: readonly Uint8Array[]): Promise<void>;
  /** Sends each payload in a frame of its own, all in one write. */
  sendFrames(...payloads: readonly Uint8Array[]): Promise<void>;
  /** Sends pieces of the given sizes, the rest last, each in a segment of its own. */
  sendPieces(octets: Uint8Array, sizes: readonly number[]): Promise<void>;
  /** The next payload that came. */
  next(timeoutMs?: number): Promise<Buffer>;
  /** Number of payloads that came and were not taken yet. */
  waiting(): number;
  /** Octets received so far, Length fields included. */
  receivedLen(): number;
  /** Octets received of a frame that is not whole. */
  pendingLen(): number;
  /** Waits until the gateway has ended the connection. */
  ended(timeoutMs?: number): Promise<Ending>;
  isOpen(): boolean;
  pause(): void;
  resume(): void;
  /** Sends FIN; it still reads. */
  halfClose(): void;
  /** RST. */
  reset(): void;
  /** Ends it, whatever its state; idempotent. */
  close(): void;
}

/** Connects and sends the opening. */
export async function connectOriginator(options: OriginatorOptions): Promise<Originator> {
  const { host, port, localAddress, localPort } = options;
  const socket = connect({
    host,
    port,
    allowHalfOpen: true,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
  });
  await within(WAIT_MS, "connect", (resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  socket.setNoDelay();
  const originator = openOriginator(socket);
  const opening = options.opening ?? STREAM_PREFIX;
  if (opening.length > 0) await originator.send(opening);
  return originator;
}

function openOriginator(socket: Socket): Originator {
  const inbox = createInbox();
  const reader = createFrameReader();
  let received = 0;
  let ending: Ending | undefined;
  const endings: ((ending: Ending) => void)[] = [];

  function end(how: Ending): void {
    if (ending !== undefined) return;
    ending = how;
    for (const resolve of endings) resolve(how);
    inbox.fail(new Error(`Connection ended by the gateway: ${how}`));
    socket.destroy();
  }

  socket.on("data", (octets: Uint8Array) => {
    received += octets.length;
    for (const payload of reader.push(octets)) inbox.put(payload);
  });
  socket.on("end", () => end("fin"));
  socket.on("error", () => end("reset"));
  socket.on("close", () => end("reset"));

  async function ended(timeoutMs = WAIT_MS): Promise<Ending> {
    if (ending !== undefined) return ending;
    return await within<Ending>(timeoutMs, "end of the connection", (resolve) => {
      endings.push(resolve);
    });
  }

  async function sendPieces(octets: Uint8Array, sizes: readonly number[]): Promise<void> {
    let at = 0;
    for (const size of [...sizes, octets.length]) {
      if (at >= octets.length) return;
      await write(socket, octets.subarray(at, at + size));
      at += size;
      // As a rule this is long enough for the gateway to be woken by this piece alone; no test
      // fails if it is not.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  return {
    localAddress: socket.localAddress ?? "",
    localPort: socket.localPort ?? 0,
    send: (...parts) => write(socket, Buffer.concat(parts)),
    sendFrames: (...payloads) => write(socket, Buffer.concat(payloads.map(frame))),
    sendPieces,
    next: (timeoutMs = WAIT_MS) => inbox.take(timeoutMs),
    waiting: () => inbox.size(),
    receivedLen: () => received,
    pendingLen: () => reader.pendingLen(),
    ended,
    isOpen: () => ending === undefined,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    halfClose: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    close: () => void socket.destroy(),
  };
}

/**
 * Resolves when the kernel has the octets or the connection has ended; a test looks at the ending
 * itself.
 */
function write(socket: Socket, octets: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || !socket.writable) {
      resolve();
      return;
    }
    const done = (): void => {
      socket.off("close", done);
      resolve();
    };
    socket.once("close", done);
    socket.write(octets, done);
  });
}
