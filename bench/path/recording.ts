// Load, sealed before any clock runs: for each connection a stream prefix and ESP in frames, of a peer of its own. The tests' own originator
// seals it (node:crypto), so that the core is not asked to confirm itself.

import { frame, STREAM_PREFIX } from "../../tests/support/frames.ts";
import { sealEsp } from "../../tests/support/esp.ts";
import { udpPacket } from "../../tests/support/inner_packet.ts";
import { makePeer, type Peer } from "../../tests/support/peers.ts";
import type { Arena } from "./arena.ts";

/** What one connection sends. */
export interface Stream {
  readonly peer: Peer;
  /** Offset of the stream prefix in the arena; frames follow it at once. */
  readonly at: number;
  readonly packets: number;
}

/** Load of one case. */
export interface Recording {
  readonly streams: readonly Stream[];
  /** Octets of an inner packet, and of the frame that carries it sealed, Length field included. */
  readonly innerLen: number;
  readonly frameLen: number;
  readonly packets: number;
}

export interface RecordingOptions {
  readonly innerLen: number;
  readonly connections: number;
  /** Of all connections together. */
  readonly packets: number;
  /** UDP port of the inner packets. */
  readonly port: number;
}

/** Discard (RFC 863) and echo (RFC 862). */
export const DISCARD_PORT = 9;
export const ECHO_PORT = 7;

/** Seals load into the arena. */
export function record(arena: Arena, options: RecordingOptions): Recording {
  const { innerLen, connections, port } = options;
  const frameLen = frameLenOf(innerLen);
  const each = Math.ceil(options.packets / connections);
  const streams = Array.from({ length: connections }, (): Stream => {
    const peer = makePeer();
    const at = arena.take(STREAM_PREFIX_LEN + each * frameLen);
    arena.u8.set(STREAM_PREFIX, at);
    const inner = udpPacket(peer.ends, { data: new Uint8Array(innerLen - HEADERS_LEN), port });
    for (let i = 0; i < each; i++) {
      const octets = frame(sealEsp(peer.inbound, inner));
      arena.u8.set(octets, at + STREAM_PREFIX_LEN + i * frameLen);
    }
    return { peer, at, packets: each };
  });
  return { streams, innerLen, frameLen, packets: each * connections };
}

/** Where a stream's frame number `i` begins. */
export function frameAt({ frameLen }: Recording, stream: Stream, i: number): number {
  return stream.at + STREAM_PREFIX_LEN + i * frameLen;
}

/** Octets of a stream of `packets` frames, prefix included. */
export function streamLen({ frameLen }: Recording, { packets }: Stream): number {
  return STREAM_PREFIX_LEN + packets * frameLen;
}

/** Octets of the frame around a sealed inner packet of `innerLen` octets: RFC 4106 in tunnel mode, padded to four. */
export function frameLenOf(innerLen: number): number {
  const padded = Math.ceil((innerLen + TRAILER_LEN) / 4) * 4;
  return LENGTH_LEN + ESP_LEN + IV_LEN + padded + ICV_LEN;
}

const ESP_LEN = 8;
const IV_LEN = 8;
const TRAILER_LEN = 2;
const ICV_LEN = 16;

/** The Length field of a frame, and the stream prefix. */
export const LENGTH_LEN = 2;
export const STREAM_PREFIX_LEN: number = STREAM_PREFIX.length;

/** IPv4 and UDP. */
export const HEADERS_LEN = 28;
