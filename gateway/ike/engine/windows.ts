// The two sequences of requests of an IKE SA, one for each side (RFC 7296 §2.2, §2.3). The window
// is one request, in both directions.

import { createHash } from "node:crypto";

/** What a request is, judged by its Message ID before anything in it is believed. */
export type Arrival =
  /** The one that comes next. Opening a message overwrites it, so its digest is taken before. */
  | { readonly kind: "new"; readonly digest: string }
  /** The last one once more; it gets the same answer, octet by octet (RFC 7296 §2.1). */
  | { readonly kind: "again"; readonly answer: Uint8Array }
  /** One that is long answered, one out of the window, or other octets under the last number. */
  | { readonly kind: "stale" };

/** The requests of the peer. */
export interface PeerRequests {
  /** Judges a request; it changes nothing, since the request is not authentic yet. */
  judge(messageId: number, octets: Uint8Array): Arrival;
  /** Keeps the answer to an authentic request with this digest, until the next one. */
  answer(digest: string, answer: Uint8Array): void;
  /** The number of the next request. */
  next(): number;
}

/** Our requests. At most one waits for its answer. */
export interface OwnRequests<What> {
  /** Takes the next number. Call it only if nothing is outstanding. */
  begin(what: What): number;
  /** Keeps the octets of the request that `begin` numbered, for a connection that comes later. */
  sent(octets: Uint8Array): void;
  /** The request that waits. */
  outstanding(): Outstanding<What> | undefined;
  /** Ends the wait. */
  end(): void;
  /** Whether the numbers will not last much longer, and the IKE SA must be replaced. */
  isNearEnd(): boolean;
}

/** A request without an answer. */
export interface Outstanding<What> {
  readonly messageId: number;
  readonly what: What;
  /** Undefined until it is sent. */
  readonly octets: Uint8Array | undefined;
}

/** Half of the numbers: 2^31 requests. */
const NEAR_END = 0x8000_0000;

/**
 * @param first Number of the peer's first request: 0 in a new IKE SA of the peer, and after a rekey
 */
export function createPeerRequests(first: number): PeerRequests {
  let next = first;
  let last: { readonly digest: string; readonly answer: Uint8Array } | undefined;

  function judge(messageId: number, octets: Uint8Array): Arrival {
    if (messageId === next) return { kind: "new", digest: digestOf(octets) };
    const isLast = messageId === next - 1 && last?.digest === digestOf(octets);
    return isLast && last !== undefined
      ? { kind: "again", answer: last.answer }
      : { kind: "stale" };
  }

  function answer(digest: string, answered: Uint8Array): void {
    last = { digest, answer: answered };
    next++;
  }

  return { judge, answer, next: () => next };
}

/** @param first Number of our first request */
export function createOwnRequests<What>(first: number): OwnRequests<What> {
  let next = first;
  let waiting: Outstanding<What> | undefined;

  function begin(what: What): number {
    if (waiting !== undefined) throw new Error("Cannot begin an exchange: another is under way");
    waiting = { messageId: next++, what, octets: undefined };
    return waiting.messageId;
  }

  return {
    begin,
    sent: (octets) => {
      if (waiting !== undefined) waiting = { ...waiting, octets };
    },
    outstanding: () => waiting,
    end: () => void (waiting = undefined),
    isNearEnd: () => next >= NEAR_END,
  };
}

/** SHA-256 of a message, as text. */
export function digestOf(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("base64");
}
