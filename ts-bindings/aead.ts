// Generated from wasm-core/src/aead/table.rs by `deno task generate`. Do not edit.

/** An AEAD of ESP; lengths are octets. */
export interface Aead {
  /** Its number in an SA's specification. */
  readonly number: number;
  /** The cipher's name in a sentence. */
  readonly cipher: string;
  /** Lengths that a key may have. */
  readonly keyLens: readonly number[];
  /** The salt follows the key in the keying material. */
  readonly saltLen: number;
  /** The IV stands in front of the ciphertext. */
  readonly ivLen: number;
  /** The ICV stands behind it. */
  readonly icvLen: number;
  /** The RFC that defines it for ESP. */
  readonly source: string;
}

/** The AEADs of ESP that the core has. */
export const AEADS = {
  "aes-gcm-16": {
    number: 1,
    cipher: "AES",
    keyLens: [16, 24, 32],
    saltLen: 4,
    ivLen: 8,
    icvLen: 16,
    source: "RFC 4106",
  },
  "chacha20-poly1305": {
    number: 2,
    cipher: "ChaCha20",
    keyLens: [32],
    saltLen: 4,
    ivLen: 8,
    icvLen: 16,
    source: "RFC 7634",
  },
} as const satisfies Readonly<Record<string, Aead>>;

/** Name of an AEAD in the API and in configuration. */
export type AeadName = keyof typeof AEADS;

/** All names, in the order of the numbers. */
export const AEAD_NAMES = [
  "aes-gcm-16",
  "chacha20-poly1305",
] as const satisfies readonly AeadName[];
