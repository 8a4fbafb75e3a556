// The keys that this process has used, so that no IV is ever used twice under one of them (RFC 4106
// §3.1, §10; RFC 8221 §3). The installer chooses where the sequence of a reused inbound key begins.
// Keyed digests are kept, for the life of the process, and never the keys.

import { createHmac } from "node:crypto";
import type { SaDirection } from "../model/direction.ts";
import type { Refusal } from "../model/refusal.ts";
import { createKeyTable, DIGEST_WORDS, KEYS_MAX } from "./key_table.ts";

/** A digest of keying material that means nothing outside this process. */
export type KeyDigest = Uint32Array;

/** The use that an SA would make of its key. */
export interface KeyAsked {
  readonly digest: KeyDigest;
  readonly direction: SaDirection;
  readonly initialSequence: bigint;
}

/** All keys that this process has used. */
export interface KeyUse {
  /** The digest of keying material: HMAC-SHA-256, cut to 16 octets. */
  digest(keyMaterial: Uint8Array): KeyDigest;
  /**
   * What an SA adds to its sequence numbers, modulo 2^64, for its IVs. In this process a key has
   * one offset, so that different numbers have different IVs. Another process has another offset,
   * which nobody can foresee: its IVs are others too, although its numbers begin anew
   * (docs/design/decisions/0019-ivs-begin-anywhere.md).
   */
  ivOffset(digest: KeyDigest): bigint;
  /** Why an SA with this key may not be installed now; undefined if it may. */
  refusal(asked: KeyAsked): Refusal | undefined;
  /**
   * Remembers the key of an SA, before the SA is installed. If it were remembered afterwards and
   * that failed, the key's IVs could be used again.
   *
   * @returns Forgets the use again, if the install fails. To be called before any other key is
   *   taken
   * @throws {RangeError} If the table is full, or there is no memory
   */
  take(digest: KeyDigest, direction: SaDirection): () => void;
  /** Records that an SA is gone. `lastSequence` is its last number; it counts for outbound SAs. */
  removed(use: { digest: KeyDigest; lastSequence: bigint }): void;
}

/**
 * The key serves outbound SAs and may never serve inbound ones. Without the flag it is the other
 * way round, because the peer has used the numbers of that direction.
 */
const IS_OUTBOUND = 1;

/** An outbound SA that is installed now has the key. */
const IS_SEALING = 2;

/**
 * Makes a memory of keys that is empty.
 *
 * @param secret Random octets of this process, the key of digests and offsets
 * @param max Keys that it may remember
 */
export function createKeyUse(secret: Uint8Array, max: number = KEYS_MAX): KeyUse {
  /** The number of a key is the highest that any of its removed SAs has used. */
  const uses = createKeyTable(max);

  function digest(keyMaterial: Uint8Array): KeyDigest {
    const octets = createHmac("sha256", secret).update(keyMaterial).digest();
    return new Uint32Array(Uint8Array.from(octets).buffer, 0, DIGEST_WORDS);
  }

  function ivOffset(key: KeyDigest): bigint {
    const octets = createHmac("sha256", secret).update("IV").update(key).digest();
    return octets.readBigUInt64BE();
  }

  function refusal(asked: KeyAsked): Refusal | undefined {
    const slot = uses.find(asked.digest);
    if (slot >= 0) {
      return reuseRefusal(asked, { flags: uses.flags(slot), lastSequence: uses.number(slot) });
    }
    if (!uses.isFull()) return undefined;
    const detail = `So many keys have been used (${max}) that no new one is taken until a restart`;
    return { kind: "conflict", detail };
  }

  function take(key: KeyDigest, direction: SaDirection): () => void {
    const slot = uses.find(key);
    const flags = direction === "outbound" ? IS_OUTBOUND | IS_SEALING : 0;
    if (slot < 0) {
      uses.setFlags(uses.add(key), flags);
      return () => uses.takeBack(key);
    }
    const before = uses.flags(slot);
    uses.setFlags(slot, flags);
    return () => uses.setFlags(slot, before);
  }

  function removed(gone: { digest: KeyDigest; lastSequence: bigint }): void {
    const slot = uses.find(gone.digest);
    if (slot < 0) return;
    uses.setFlags(slot, uses.flags(slot) & ~IS_SEALING);
    if (gone.lastSequence > uses.number(slot)) uses.setNumber(slot, gone.lastSequence);
  }

  return { digest, ivOffset, refusal, take, removed };
}

/** Why a key that was used may not be used as `asked`. */
function reuseRefusal(
  asked: KeyAsked,
  { flags, lastSequence }: { readonly flags: number; readonly lastSequence: bigint },
): Refusal | undefined {
  if (((flags & IS_OUTBOUND) !== 0) !== (asked.direction === "outbound")) {
    const detail = "The same keying material serves the other direction";
    return { kind: "invalid", member: "keyMaterial", detail };
  }
  if ((flags & IS_SEALING) !== 0) {
    return { kind: "conflict", detail: "Another outbound SA uses this keying material" };
  }
  if (asked.direction === "inbound" || asked.initialSequence >= lastSequence) return undefined;
  const detail =
    "This keying material has been used up to a higher sequence number than initialSequence";
  return { kind: "conflict", member: "initialSequence", detail };
}
