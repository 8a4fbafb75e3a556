// The AEADs that an SA may have, and the keying material that each takes.

export const AEAD_NAMES = ["aes-gcm-16", "chacha20-poly1305"] as const;

export type AeadName = (typeof AEAD_NAMES)[number];

/** Lengths of keying material, octets: key, then salt (RFC 4106 §8.1, RFC 7634 §2). */
export const KEY_MATERIAL_LENS: Readonly<Record<AeadName, readonly number[]>> = {
  "aes-gcm-16": [20, 28, 36],
  "chacha20-poly1305": [36],
};

/** Length of the salt at the end of the keying material, octets. */
export const SALT_LEN = 4;
