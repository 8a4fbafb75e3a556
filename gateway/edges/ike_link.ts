// The link between a lane and the IKE of this process: a ring for each direction, and the eventfds
// that wake the far end. No system call carries a message, and nobody outside of the process can
// write to it.

import { type ByteRing, createRingMemory, openRing } from "./byte_ring.ts";

/** The link of one lane, as the shell hands it to both ends. */
export interface IkeLink {
  readonly toIke: SharedArrayBuffer;
  readonly toLane: SharedArrayBuffer;
  /** The eventfd that wakes the IKE of this process. */
  readonly ikeEventfd: number;
}

/** A link that one end has opened. */
export interface OpenLink {
  readonly toIke: ByteRing;
  readonly toLane: ByteRing;
}

/** Makes the link of a lane. */
export function createLink(ikeEventfd: number): IkeLink {
  return {
    toIke: createRingMemory(LINK_RING_LEN),
    toLane: createRingMemory(LINK_RING_LEN),
    ikeEventfd,
  };
}

/** Opens a link. */
export function openLink({ toIke, toLane }: IkeLink): OpenLink {
  return { toIke: openRing(toIke), toLane: openRing(toLane) };
}

/** Octets for records in each direction: a few hundred messages of a handshake. */
const LINK_RING_LEN = 262_144;

/** Kinds of records towards IKE. */
export const TO_IKE = {
  /** A connection has its first message, or was opened by this side. {@link ENDS} follow. */
  OPENED: 1,
  /** A message, without its marker. */
  MESSAGE: 2,
  /** The connection has ended. It comes after all of its messages. */
  CLOSED: 3,
} as const;

/** Kinds of records towards a lane. */
export const TO_LANE = {
  /** A message to send, without a marker. */
  MESSAGE: 1,
  /** Octets that no honest peer sends have come: a point on the corruption score. */
  SUSPECT: 2,
  /** The peer has proved a key. */
  TRUSTED: 3,
} as const;

/**
 * Where a connection's addresses lie in its OPENED record. An IPv4 address has 4 octets and 12
 * zeros; the family is 4 or 6, ports are in network byte order.
 */
export const ENDS = {
  FAMILY: 0,
  ROLE: 1,
  LOCAL_PORT: 2,
  REMOTE_PORT: 4,
  LOCAL: 8,
  REMOTE: 24,
  LEN: 40,
} as const;

/** In ROLE: this side has opened the connection. */
export const ROLE_ORIGINATOR = 1;
