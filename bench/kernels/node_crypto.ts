// `node:crypto`, one packet after the other. It has no batches, and each packet needs a new cipher
// object.

import {
  type CipherGCM,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  type DecipherGCM,
  getCiphers,
} from "node:crypto";
import { type Batch, expectOctets, type Kernel } from "./kernel.ts";
import { TAG_LEN, type Workload } from "./workload.ts";

export const nodeCrypto: Kernel = {
  subject: "node-crypto",
  prepare: (operation, workload) => {
    if (!getCiphers().includes(workload.aead)) return undefined;
    return operation === "seal" ? _sealBatch(workload) : _openBatch(workload);
  },
};

function _sealBatch({ aead, key, packets }: Workload): Batch {
  let last: readonly [Uint8Array, Uint8Array] = [new Uint8Array(), new Uint8Array()];
  return {
    packets: packets.length,
    run: () => {
      for (const { nonce, aad, plain } of packets) {
        const cipher = createCipheriv(aead as CipherGCMTypes, key, nonce, OPTIONS) as CipherGCM;
        cipher.setAAD(aad);
        const sealed = cipher.update(plain);
        cipher.final();
        last = [sealed, cipher.getAuthTag()];
      }
    },
    check: () => {
      const packet = packets.at(-1);
      expectOctets(last[0], packet?.sealed ?? NOTHING, "node:crypto's ciphertext");
      expectOctets(last[1], packet?.tag ?? NOTHING, "node:crypto's tag");
    },
  };
}

function _openBatch({ aead, key, packets }: Workload): Batch {
  let last: Uint8Array = NOTHING;
  return {
    packets: packets.length,
    run: () => {
      for (const { nonce, aad, sealed, tag } of packets) {
        const cipher = createDecipheriv(aead as CipherGCMTypes, key, nonce, OPTIONS) as DecipherGCM;
        cipher.setAAD(aad);
        cipher.setAuthTag(tag);
        last = cipher.update(sealed);
        // Throws if the tag is wrong.
        cipher.final();
      }
    },
    check: () => expectOctets(last, packets.at(-1)?.plain ?? NOTHING, "node:crypto's plaintext"),
  };
}

const OPTIONS = { authTagLength: TAG_LEN };
const NOTHING = new Uint8Array();
