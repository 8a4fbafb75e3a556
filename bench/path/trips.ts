// Round trips through a gateway, one at a time.

import { ikeFrame, ikeMessage, STREAM_PREFIX } from "../../tests/support/frames.ts";
import type { Arena } from "./arena.ts";
import { ECHO_PORT, frameAt, LENGTH_LEN, record, STREAM_PREFIX_LEN } from "./recording.ts";
import type { Scene } from "./scene.ts";
import {
  aimUdp,
  connectTcp,
  openDiscard,
  openUdp,
  receiveSome,
  sendAll,
  senderOf,
} from "./sockets.ts";
import { bothBodies, DISCARD, install, remove } from "./tunnel.ts";

/** Makes round trips. A trip that does not come back ends the bench. */
export interface Trips {
  /** Makes one round trip. Returns its seconds. */
  once(): number;
  close(): Promise<void>;
}

/** What the round trips are made of. */
export interface TripOptions {
  /** Octets of each inner packet, or IKE message. */
  readonly len: number;
  /** Number of round trips that will be made. */
  readonly count: number;
}

/** An ESP packet to the echo host, and its sealed answer. */
export async function openEcho(
  { arena, echo }: Scene,
  { len, count }: TripOptions,
): Promise<Trips> {
  const load = record(arena, { innerLen: len, connections: 1, packets: count, port: ECHO_PORT });
  await install(echo, load, bothBodies);
  const fd = connectTcp(arena, echo.tcp);
  const [first] = load.streams;
  if (first === undefined) throw new RangeError("No stream");
  const stream = first;
  sendAll(arena, fd, { at: stream.at, len: STREAM_PREFIX_LEN });
  let next = 0;

  function once(): number {
    const start = performance.now();
    sendAll(arena, fd, { at: frameAt(load, stream, next), len: load.frameLen });
    receiveWhole(arena, fd, load.frameLen);
    next++;
    return (performance.now() - start) / 1000;
  }

  async function close(): Promise<void> {
    arena.libc.close(fd);
    await remove(echo, load, ({ inbound, outbound }) => [inbound.spi, outbound.spi]);
  }

  return { once, close };
}

/** An IKE message to the daemon, which sends it back. */
export function openIke(scene: Scene, { len }: TripOptions): Promise<Trips> {
  const { arena, gateway, daemon } = scene;
  const message = ikeFrame(ikeMessage({ len }));
  const at = arena.take(message.length);
  arena.u8.set(message, at);
  const fd = connectTcp(arena, gateway.tcp);
  sendPrefix(arena, fd);
  // A flood may go through the same gateway. Without this socket the host would answer it.
  const sink = scene.hasTun ? [openDiscard(arena, DISCARD).fd] : [];
  const first = openUdp(arena, daemon);
  sendAll(arena, fd, { at, len: message.length });
  const upstream = senderOf(arena, first.fd);
  const own = openUdp(arena, daemon);
  const payloadLen = message.length - LENGTH_LEN;
  aimUdp(arena, own.fd, { ...upstream, len: payloadLen });
  arena.libc.close(first.fd);

  function once(): number {
    const start = performance.now();
    sendAll(arena, fd, { at, len: message.length });
    receiveSome(arena, own.fd);
    sendAll(arena, own.fd, { at: at + LENGTH_LEN, len: payloadLen });
    receiveWhole(arena, fd, message.length);
    return (performance.now() - start) / 1000;
  }

  function close(): Promise<void> {
    for (const each of [fd, own.fd, ...sink]) arena.libc.close(each);
    return Promise.resolve();
  }

  return Promise.resolve({ once, close });
}

function sendPrefix(arena: Arena, fd: number): void {
  const at = arena.take(STREAM_PREFIX_LEN);
  arena.u8.set(STREAM_PREFIX, at);
  sendAll(arena, fd, { at, len: STREAM_PREFIX_LEN });
}

function receiveWhole(arena: Arena, fd: number, len: number): void {
  for (let octets = 0; octets < len;) {
    const some = receiveSome(arena, fd);
    if (some === 0) throw new Error("The gateway has ended a connection of the bench");
    octets += some;
  }
}
