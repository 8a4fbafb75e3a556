// Signatures of AUTH and of certificates by the runtime's own library, which both runtimes have
// without a promise.

import { constants, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** A way to sign. */
export interface Scheme {
  readonly kind: "pkcs1" | "pss" | "ecdsa" | "ed25519";
  /** Bits of SHA-2; 0 for Ed25519. */
  readonly hash: number;
  /** ECDSA as two numbers of fixed length (RFC 4754 §7), instead of a DER Ecdsa-Sig-Value. */
  readonly isFixed?: boolean;
}

/** A signature to check. */
export interface Claim {
  /** A SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether a signature is good. A key that the runtime cannot use makes it a bad one. */
export function isSigned(scheme: Scheme, { spki, message, signature }: Claim): boolean {
  try {
    const key = publicKeyOf(spki);
    if (key.asymmetricKeyType !== KEY_TYPES[scheme.kind]) return false;
    return verify(hashName(scheme), message, { key, ...optionsOf(scheme) }, signature);
  } catch {
    // Deno throws for a point of Ed25519 that is none, and for P-521 with SHA-256.
    return false;
  }
}

/** Signs. @throws {Error} If the runtime cannot use the key so */
export function signWith(scheme: Scheme, key: KeyObject, message: Uint8Array): Uint8Array {
  return Uint8Array.from(sign(hashName(scheme), message, { key, ...optionsOf(scheme) }));
}

/** @throws {Error} If the runtime cannot read it */
export function publicKeyOf(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
}

function hashName({ hash }: Scheme): string | null {
  return hash === 0 ? null : `sha${hash}`;
}

function optionsOf({ kind, hash, isFixed = false }: Scheme): Options {
  switch (kind) {
    case "pkcs1":
      return { padding: constants.RSA_PKCS1_PADDING };
    case "pss":
      return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: hash / 8 };
    case "ecdsa":
      return { dsaEncoding: isFixed ? "ieee-p1363" : "der" };
    case "ed25519":
      return {};
  }
}

interface Options {
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: "der" | "ieee-p1363";
}

const KEY_TYPES: Readonly<Record<Scheme["kind"], string>> = {
  pkcs1: "rsa",
  pss: "rsa",
  ecdsa: "ec",
  ed25519: "ed25519",
};
