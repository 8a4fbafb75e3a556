// What two sides agree on: the algorithms of an IKE SA and of a Child SA (RFC 7296 §2.7, RFC 8247,
// RFC 8221). All have an AEAD (RFC 5282), so none has an integrity algorithm.

import type { AeadName } from "../../model/aead.ts";
import type { KeyExchangeId } from "../keys/key_exchange.ts";
import type { PrfId } from "../keys/prf.ts";
import { ENCR, KE } from "../wire/constants.ts";

/** An encryption algorithm with its key. */
export interface Cipher {
  /** Transform of type 1. */
  readonly encr: typeof ENCR.AES_GCM_16 | typeof ENCR.CHACHA20_POLY1305;
  /** The attribute Key Length; null for an algorithm of one length, which has none. */
  readonly keyBits: 128 | 192 | 256 | null;
}

/** The algorithms of an IKE SA. */
export interface IkeSuite extends Cipher {
  readonly prf: PrfId;
  readonly ke: KeyExchangeId;
  /** The additional key exchange (RFC 9370); left out without one. */
  readonly ke1?: KeyExchangeId;
}

/** The algorithms of a Child SA. */
export interface EspSuite extends Cipher {
  readonly hasEsn: boolean;
  /** The key exchange of the exchange that makes it; null without one. */
  readonly ke: KeyExchangeId | null;
  /** The additional key exchange that follows; left out without one. */
  readonly ke1?: KeyExchangeId;
}

/** A method of an additional key exchange, or NONE: it may be left out. */
export type AdditionalKe = KeyExchangeId | typeof KE.NONE;

/** What a side allows for an IKE SA; each list in the order of preference. */
export interface IkePolicy {
  readonly ciphers: readonly Cipher[];
  readonly prfs: readonly PrfId[];
  readonly kes: readonly KeyExchangeId[];
  /** Additional key exchanges of which one takes place (RFC 9370). Left out or empty: none. */
  readonly ke1s?: readonly AdditionalKe[];
}

/** What a side allows for a Child SA. */
export interface EspPolicy {
  readonly ciphers: readonly Cipher[];
  readonly esn: readonly boolean[];
  /** For rekeys; the first Child SA of an IKE SA has no key exchange of its own. */
  readonly kes: readonly KeyExchangeId[];
  /** As {@link IkePolicy} has it, for rekeys. */
  readonly ke1s?: readonly AdditionalKe[];
}

/** Octets of a salt, which follows the key (RFC 5282 §7.1, RFC 7634 §2). */
const SALT_LEN = 4;

/** Octets of key and salt. */
export function keyLenOf({ keyBits }: Cipher): number {
  return (keyBits ?? CHACHA20_KEY_BITS) / 8 + SALT_LEN;
}

/** The AEAD's name in an SA. */
export function aeadOf({ encr }: Cipher): AeadName {
  return encr === ENCR.AES_GCM_16 ? "aes-gcm-16" : "chacha20-poly1305";
}

const CHACHA20_KEY_BITS = 256;

const GCM_256: Cipher = { encr: ENCR.AES_GCM_16, keyBits: 256 };
const GCM_128: Cipher = { encr: ENCR.AES_GCM_16, keyBits: 128 };
const CHACHA20: Cipher = { encr: ENCR.CHACHA20_POLY1305, keyBits: null };

/** What an IKE SA may have if nobody says otherwise. */
export const IKE_DEFAULTS: IkePolicy = {
  ciphers: [GCM_256, CHACHA20, GCM_128],
  prfs: [5, 6, 7],
  kes: [31, 19, 20, 14],
  ke1s: [KE.ML_KEM_768, KE.NONE],
};

/**
 * What a Child SA may have if nobody says otherwise. With the WebAssembly engine ChaCha20 is the
 * faster one, with the native engine AES is.
 */
export function espDefaults(engine: "wasm" | "native"): EspPolicy {
  const gcm: readonly Cipher[] = [GCM_256, GCM_128, { ...GCM_256, keyBits: 192 }];
  const ciphers = engine === "native" ? [...gcm, CHACHA20] : [CHACHA20, ...gcm];
  return { ciphers, esn: [true, false], kes: IKE_DEFAULTS.kes };
}
