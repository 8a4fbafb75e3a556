// What must not be left of a key in the memory of the core.

import { Buffer } from "node:buffer";
import { createCipheriv } from "node:crypto";
import type { AeadName } from "./aead.ts";

/** Parts of a key, and values derived from it, that must not be left, by name. */
export function secretsOf(aead: AeadName, key: Buffer): Map<string, Buffer> {
  const secrets = new Map([["the key", key.subarray(0, 16)], ["its end", key.subarray(-16)]]);
  switch (aead) {
    case "chacha20-poly1305":
      return secrets;
    case "aes-gcm-16": {
      const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null);
      const hashKey = cipher.update(Buffer.alloc(16));
      return secrets.set("H", hashKey).set("H reversed", Buffer.from(hashKey).reverse());
    }
  }
}

/** Names of the secrets that are in a memory of the core's. */
export function foundIn(
  memory: WebAssembly.Memory,
  secrets: ReadonlyMap<string, Buffer>,
): string[] {
  // A copy, because Buffer cannot search shared memory on every runtime.
  const octets = Buffer.from(new Uint8Array(memory.buffer).slice());
  return [...secrets].filter(([, secret]) => octets.includes(secret)).map(([name]) => name);
}
