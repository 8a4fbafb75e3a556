// The AEADs of ESP for the tests' own originator. They come from node:crypto; where the runtime
// lacks a cipher (AES-192-GCM on Deno 2.9, ChaCha20-Poly1305 on Bun 1.4), from @noble/ciphers.
// Nothing here touches the Rust core that the tests check: only the names are of its table,
// so that the compiler asks for each AEAD here, too.

import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { Buffer } from "node:buffer";
import { type CipherGCMTypes, createCipheriv, createDecipheriv } from "node:crypto";
import type { AeadName } from "../../ts-bindings/aead.ts";

export type { AeadName };

export const ICV_LEN = 16;

/** What both directions of an AEAD need; `nonce` has 12 octets. */
export interface AeadInput {
  readonly aead: AeadName;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
}

/** Ciphertext, then the ICV. */
export function sealAead(input: AeadInput, plaintext: Uint8Array): Buffer {
  const name = cipherName(input);
  if (!isNative(name)) return Buffer.from(noble(input).encrypt(plaintext));
  const cipher = createCipheriv(name, input.key, input.nonce, { authTagLength: ICV_LEN });
  cipher.setAAD(input.aad);
  const body = cipher.update(plaintext);
  return Buffer.concat([body, cipher.final(), cipher.getAuthTag()]);
}

/** Plaintext, or undefined if the ICV is wrong. `octets` is ciphertext, then the ICV. */
export function openAead(input: AeadInput, octets: Uint8Array): Buffer | undefined {
  const name = cipherName(input);
  try {
    if (!isNative(name)) return Buffer.from(noble(input).decrypt(octets));
    const decipher = createDecipheriv(name, input.key, input.nonce, { authTagLength: ICV_LEN });
    decipher.setAAD(input.aad);
    decipher.setAuthTag(octets.subarray(octets.length - ICV_LEN));
    const body = decipher.update(octets.subarray(0, octets.length - ICV_LEN));
    return Buffer.concat([body, decipher.final()]);
  } catch {
    return undefined;
  }
}

interface Noble {
  encrypt(plaintext: Uint8Array): Uint8Array;
  decrypt(octets: Uint8Array): Uint8Array;
}

function noble({ aead, key, nonce, aad }: AeadInput): Noble {
  switch (aead) {
    case "aes-gcm-16":
      return gcm(key, nonce, aad);
    case "chacha20-poly1305":
      return chacha20poly1305(key, nonce, aad);
  }
}

/**
 * node:crypto's name. Its types know the GCM overloads only; ChaCha20-Poly1305 has the same calls.
 */
function cipherName({ aead, key }: AeadInput): CipherGCMTypes {
  const names: Readonly<Record<AeadName, string>> = {
    "aes-gcm-16": `aes-${key.length * 8}-gcm`,
    "chacha20-poly1305": "chacha20-poly1305",
  };
  return names[aead] as CipherGCMTypes;
}

const known = new Map<string, boolean>();

/** Whether this runtime's node:crypto has the cipher. */
function isNative(name: CipherGCMTypes): boolean {
  const seen = known.get(name);
  if (seen !== undefined) return seen;
  const keyLen = name.startsWith("aes-") ? Number(name.slice(4, 7)) / 8 : 32;
  let native = true;
  try {
    createCipheriv(name, Buffer.alloc(keyLen), Buffer.alloc(12), { authTagLength: ICV_LEN });
  } catch {
    native = false;
  }
  known.set(name, native);
  return native;
}
