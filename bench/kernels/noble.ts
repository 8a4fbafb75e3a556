// `@noble/ciphers`, a well-maintained implementation of the AEADs in plain JavaScript: one call for
// each packet.

import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { expectOctets, type Kernel } from "./kernel.ts";

export const noble: Kernel = {
  subject: "noble",
  prepare: (operation, { aead, key, packets }) => {
    const cipher = aead === "chacha20-poly1305" ? chacha20poly1305 : gcm;
    const isSeal = operation === "seal";
    const joined = packets.map(({ sealed, tag }) => Uint8Array.of(...sealed, ...tag));
    let last: Uint8Array = new Uint8Array();
    return {
      packets: packets.length,
      run: () => {
        packets.forEach(({ nonce, aad, plain }, at) => {
          const one = cipher(key, nonce, aad);
          last = isSeal ? one.encrypt(plain) : one.decrypt(joined[at] ?? plain);
        });
      },
      check: () => {
        const expected = isSeal ? joined.at(-1) : packets.at(-1)?.plain;
        expectOctets(last, expected ?? new Uint8Array(), "noble's result");
      },
    };
  },
};
