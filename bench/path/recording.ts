// Load that is sealed before any clock runs: for each connection a stream prefix and ESP in frames.
// Each connection has its own peer, or several share one. The tests' own originator seals it
// (node:crypto), so that the core does not check itself.

import type { Buffer } from "node:buffer";
import { frame, STREAM_PREFIX } from "../../tests/support/frames.ts";
import { sealEsp } from "../../tests/support/esp.ts";
import { checksum, udpPacket } from "../../tests/support/inner_packet.ts";
import { makePeer, type Peer, type PeerOptions } from "../../tests/support/peers.ts";
import type { Arena } from "./arena.ts";

/** What one connection sends. */
export interface Stream {
  readonly peer: Peer;
  /** Offset of the stream prefix in the arena; frames follow it at once. */
  readonly at: number;
  readonly packets: number;
}

/** The load of one case. */
export interface Recording {
  readonly streams: readonly Stream[];
  /** The peers that the packets belong to. */
  readonly peers: readonly Peer[];
  /** Octets before the first frame of a stream. */
  readonly prefixLen: number;
  /** Octets of an inner packet, and of the frame that carries it sealed, Length field included. */
  readonly innerLen: number;
  readonly frameLen: number;
  readonly packets: number;
}

export interface RecordingOptions {
  readonly innerLen: number;
  readonly connections: number;
  /** Total over all connections. */
  readonly packets: number;
  /** UDP port of the inner packets. */
  readonly port: number;
  /**
   * Neighbours may leave for the TUN as one. The packets have DF set, so they need no
   * identification of their own.
   */
  readonly isFlow?: boolean;
  /** Peers that the connections belong to, in turns. By default each connection has its own. */
  readonly clients?: number;
  readonly peer?: PeerOptions;
}

/** Discard (RFC 863) and echo (RFC 862). */
export const DISCARD_PORT = 9;
export const ECHO_PORT = 7;

/** Seals load into the arena. Connections of one peer take its sequence numbers in turns. */
export function record(arena: Arena, options: RecordingOptions): Recording {
  const { innerLen, connections, clients = connections } = options;
  const frameLen = frameLenOf(innerLen);
  const each = Math.ceil(options.packets / connections);
  const sources = Array.from({ length: clients }, () => sourceOf(options));
  const streams = Array.from({ length: connections }, (_, i): Stream => {
    const { peer } = sourceAt(sources, i);
    const at = arena.take(STREAM_PREFIX_LEN + each * frameLen);
    arena.u8.set(STREAM_PREFIX, at);
    return { peer, at, packets: each };
  });
  for (let k = 0; k < each; k++) {
    streams.forEach(({ at }, i) => {
      const { peer, inner } = sourceAt(sources, i);
      const octets = frame(sealEsp(peer.inbound, inner));
      arena.u8.set(octets, at + STREAM_PREFIX_LEN + k * frameLen);
    });
  }
  const peers = sources.map(({ peer }) => peer);
  const packets = each * connections;
  return { streams, peers, prefixLen: STREAM_PREFIX_LEN, innerLen, frameLen, packets };
}

/** A peer, and the packet that it sends repeatedly. */
interface Source {
  readonly peer: Peer;
  readonly inner: Uint8Array;
}

function sourceOf({ innerLen, port, isFlow, peer: asked }: RecordingOptions): Source {
  const peer = makePeer(asked);
  const inner = udpPacket(peer.ends, { data: new Uint8Array(innerLen - HEADERS_LEN), port });
  if (isFlow === true) forbidFragments(inner);
  return { peer, inner };
}

function sourceAt(sources: readonly Source[], i: number): Source {
  const source = sources[i % sources.length];
  if (source === undefined) throw new RangeError("No peer");
  return source;
}

/** Sets DF in an IPv4 header and updates its checksum. */
function forbidFragments(packet: Buffer): void {
  packet.writeUInt8(0x40, 6);
  packet.writeUInt16BE(0, 10);
  packet.writeUInt16BE(checksum([packet.subarray(0, 20)]), 10);
}

/** Where a stream's frame number `i` begins. */
export function frameAt({ frameLen, prefixLen }: Recording, stream: Stream, i: number): number {
  return stream.at + prefixLen + i * frameLen;
}

/** Octets of a stream, including its prefix. */
export function streamLen({ frameLen, prefixLen }: Recording, { packets }: Stream): number {
  return prefixLen + packets * frameLen;
}

/**
 * Octets of the frame around a sealed inner packet of `innerLen` octets: RFC 4106 in tunnel mode,
 * padded to a multiple of four.
 */
export function frameLenOf(innerLen: number): number {
  const padded = Math.ceil((innerLen + TRAILER_LEN) / 4) * 4;
  return LENGTH_LEN + ESP_LEN + IV_LEN + padded + ICV_LEN;
}

const ESP_LEN = 8;
const IV_LEN = 8;
const TRAILER_LEN = 2;
const ICV_LEN = 16;

/** Length of the Length field, and of the stream prefix. */
export const LENGTH_LEN = 2;
export const STREAM_PREFIX_LEN: number = STREAM_PREFIX.length;

/** Of IPv4 and UDP. */
export const HEADERS_LEN = 28;
