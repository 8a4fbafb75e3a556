// AEADs that stand in for the core's where a test seals and opens IKE messages.

import type { Aead } from "../../../gateway/ike/wire/sealed.ts";
import { type AeadInput, type AeadName, ICV_LEN, openAead, sealAead } from "../aead.ts";

/** A key of one direction: what SK_ei or SK_er holds. */
export interface TestKey {
  readonly aead: AeadName;
  readonly key: Uint8Array;
  /** 4 octets. */
  readonly salt: Uint8Array;
}

const IV_LEN = 8;

const KEY: TestKey = {
  aead: "aes-gcm-16",
  key: new Uint8Array(32).fill(7),
  salt: Uint8Array.of(1, 2, 3, 4),
};

/** Makes an AEAD of a key. */
export function testAead({ aead, key, salt }: TestKey = KEY): Aead {
  const input = (aad: Uint8Array, body: Uint8Array): AeadInput => {
    const nonce = Uint8Array.from([...salt, ...body.subarray(0, IV_LEN)]);
    return { aead, key, nonce, aad };
  };
  return {
    ivLen: IV_LEN,
    icvLen: ICV_LEN,
    seal(aad, body): void {
      body.set(sealAead(input(aad, body), body.slice(IV_LEN, -ICV_LEN)), IV_LEN);
    },
    open(aad, body): boolean {
      const text = openAead(input(aad, body), body.slice(IV_LEN));
      if (text) body.set(text, IV_LEN);
      return text !== undefined;
    },
  };
}

/** The IV of a number. */
export function ivOf(count: number): Uint8Array {
  const iv = new Uint8Array(IV_LEN);
  new DataView(iv.buffer).setUint32(IV_LEN - 4, count);
  return iv;
}
