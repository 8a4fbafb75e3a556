// Key exchange methods (transform type 4): what an IKE SA can agree on a secret with.

/**
 * Ids of key exchange methods in transforms of type 4, or of an additional one (RFC 7296 §3.3.2,
 * RFC 8031 §4, RFC 9370 §2.2.1).
 */
export const KEY_EXCHANGE_IDS = [14, 15, 16, 19, 20, 21, 31, 36, 37] as const;

/** The id of a key exchange method. */
export type KeyExchangeId = (typeof KEY_EXCHANGE_IDS)[number];

/** A key exchange method. */
export interface KeyExchange {
  readonly id: KeyExchangeId;
  /** Octets of the data in the KE payload of the side that asks. */
  readonly publicLen: number;
  /** Makes a fresh private value (RFC 6989 §2.2: none serves two IKE SAs). */
  generate(): KeyPair;
  /**
   * Makes the value that answers another. With Diffie-Hellman it depends on nothing, and the other
   * value is judged by `agree`; with a KEM it is made of it.
   *
   * @returns undefined if the other value is refused already
   */
  respond(peerValue: Uint8Array): KeyPair | undefined;
}

/** A private value and what the peer gets of it. */
export interface KeyPair {
  /** Data of our KE payload. */
  readonly publicValue: Uint8Array;
  /**
   * The shared secret, in the form that goes into SKEYSEED (RFC 7296 §2.14, RFC 5903 §7, RFC 8031
   * §2). The caller wipes it. A pair serves once.
   *
   * @returns undefined if the peer's value is refused: wrong length, outside the group, off the
   *   curve, or a result that is zero (RFC 6989 §2, RFC 8031 §3.2)
   */
  agree(peerValue: Uint8Array): Uint8Array | undefined;
}
