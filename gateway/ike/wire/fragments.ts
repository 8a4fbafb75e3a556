// Fragments of a message, collected until it is whole (RFC 7383 §2.6).

import { type Fault, faultOf, type FaultReason, type Parsed } from "./fault.ts";
import { LIMIT } from "./limits.ts";
import type { Fragment, Message, Opened, Sealed } from "./message.ts";
import type { RawPayload } from "./payloads/payload.ts";
import { type Aead, openSealed } from "./sealed.ts";

/**
 * The fragments of one message, of one direction of an IKE SA. A second message takes the place of
 * the first (rule IW82).
 */
export interface Fragments {
  /**
   * Adds a fragment of the one message that is expected.
   *
   * A fragment counts only if its ICV is right. What does not count changes nothing (rule IW81).
   *
   * @returns The message when it is whole; null while fragments are missing
   */
  add(piece: Piece): Parsed<Opened | null>;
  /** Whether the message that is being collected has this ID. */
  isCollecting(messageId: number): boolean;
  /**
   * Forgets what has come. Time runs out at the next fragment by itself; a caller with a timer
   * gives the memory back earlier.
   */
  clear(): void;
}

/** A fragment that has come. */
export interface Piece {
  readonly message: Message;
  /** The message's own. */
  readonly sealed: Sealed & { readonly fragment: Fragment };
  readonly aead: Aead;
  /** Monotonic milliseconds. */
  readonly nowAt: number;
  /** Octets that the message may have; left out for `LIMIT.FRAGMENTS_LEN`. */
  readonly lenMax?: number;
}

export function createFragments(): Fragments {
  let collection: Collection | null = null;

  function add(piece: Piece): Parsed<Opened | null> {
    const { sealed, aead } = piece;
    if (collection && piece.nowAt - collection.startedAt > LIMIT.FRAGMENTS_MS) collection = null;
    const reason = refusal(piece, collection);
    if (reason) return faultOf(reason);
    const plain = openSealed(sealed, aead);
    if ("fault" in plain) return plain;
    const current = belongsTo(piece, collection) ? collection : begin(piece);
    const fault = keep(current, { piece, chunk: plain.value });
    const isDone = fault !== null || current.chunks.size === current.total;
    collection = isDone ? null : current;
    if (fault) return { fault };
    return { value: isDone ? join(current) : null };
  }

  return {
    add,
    isCollecting: (messageId) => collection?.messageId === messageId,
    clear(): void {
      collection = null;
    },
  };
}

interface Collection {
  readonly messageId: number;
  readonly total: number;
  readonly startedAt: number;
  /** What the fragments held, copied, by number. */
  readonly chunks: Map<number, Uint8Array>;
  /** Octets in `chunks`. */
  len: number;
  first: First | null;
}

/** What only the first fragment says. */
type First = Pick<Opened, "firstType" | "outside" | "aad">;

/** Why a fragment is dropped before its ICV is looked at. */
function refusal(piece: Piece, collection: Collection | null): FaultReason | null {
  const { number, total } = piece.sealed.fragment;
  if (number === 0 || number > total) return "fragment_numbers";
  if (total > LIMIT.FRAGMENTS) return "fragments_too_many";
  if (collection === null || collection.messageId !== piece.message.header.messageId) return null;
  const isHere = total === collection.total && collection.chunks.has(number);
  return isHere || total < collection.total ? "fragment_stale" : null;
}

/** False for a larger total too: the sender has begun again, in smaller pieces. */
function belongsTo(piece: Piece, collection: Collection | null): collection is Collection {
  const { message, sealed } = piece;
  return collection !== null && collection.messageId === message.header.messageId &&
    collection.total === sealed.fragment.total;
}

function begin({ message, sealed, nowAt }: Piece): Collection {
  return {
    messageId: message.header.messageId,
    total: sealed.fragment.total,
    startedAt: nowAt,
    chunks: new Map(),
    len: 0,
    first: null,
  };
}

/** Copies what a fragment held, so that its message may go. */
function keep(
  collection: Collection,
  { piece, chunk }: { readonly piece: Piece; readonly chunk: Uint8Array },
): Fault | null {
  const { message, sealed } = piece;
  collection.len += chunk.length;
  if (collection.len > (piece.lenMax ?? LIMIT.FRAGMENTS_LEN)) {
    return faultOf("fragments_long").fault;
  }
  collection.chunks.set(sealed.fragment.number, chunk.slice());
  if (sealed.fragment.number === 1) collection.first = firstOf(message.payloads, sealed);
  return null;
}

function firstOf(payloads: readonly RawPayload[], { firstType, aad }: Sealed): First {
  const copy = aad.slice();
  const outside = payloads.map((payload) => {
    const at = payload.body.byteOffset - aad.byteOffset;
    return { ...payload, body: copy.subarray(at, at + payload.body.length) };
  });
  return { firstType, outside, aad: copy };
}

/** Payloads may be cut anywhere (rule IW84). Null if the first fragment is not there. */
function join({ first, chunks, total, len }: Collection): Opened | null {
  if (first === null) return null;
  const plain = new Uint8Array(len);
  let at = 0;
  for (let number = 1; number <= total; number++) {
    const chunk = chunks.get(number) ?? EMPTY;
    plain.set(chunk, at);
    at += chunk.length;
  }
  return { ...first, plain, isFragmented: true };
}

const EMPTY = new Uint8Array(0);
