// WebCrypto with the whole batch in flight. That is its best case: one by one, each packet would
// wait for a thread.

import { type Batch, expectOctets, type Kernel } from "./kernel.ts";
import type { Aead, Operation, Packet, Workload } from "./workload.ts";

export const webCrypto: Kernel = {
  subject: "webcrypto",
  prepare: async (operation, workload) => {
    const key = await _importKey(workload);
    return key === undefined ? undefined : _batch(operation, key, workload);
  },
};

async function _importKey({ aead, key }: Workload): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.importKey("raw", key, NAMES[aead], IS_EXTRACTABLE, [
      "encrypt",
      "decrypt",
    ]);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") return undefined;
    throw error;
  }
}

function _batch(operation: Operation, key: CryptoKey, { aead, packets }: Workload): Batch {
  const isSeal = operation === "seal";
  const inputs = packets.map((packet) => (isSeal ? packet.plain : _joined(packet)));
  const outputs = packets.map((packet) => (isSeal ? _joined(packet) : packet.plain));
  const parameters = packets.map(({ nonce, aad }) => ({
    name: NAMES[aead],
    iv: nonce,
    additionalData: aad,
    tagLength: 128,
  }));
  let results: ArrayBuffer[] = [];
  const one = (input: BufferSource, at: number): Promise<ArrayBuffer> => {
    const parameter = parameters[at] ?? { name: NAMES[aead] };
    return isSeal
      ? crypto.subtle.encrypt(parameter, key, input)
      : crypto.subtle.decrypt(parameter, key, input);
  };
  return {
    packets: packets.length,
    run: async () => {
      results = await Promise.all(inputs.map(one));
    },
    check: () =>
      outputs.forEach((output, at) =>
        expectOctets(
          new Uint8Array(results[at] ?? new ArrayBuffer(0)),
          output,
          "WebCrypto's result",
        )
      ),
  };
}

function _joined({ sealed, tag }: Packet): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(sealed.length + tag.length);
  joined.set(sealed);
  joined.set(tag, sealed.length);
  return joined;
}

const IS_EXTRACTABLE = false;

const NAMES: Readonly<Record<Aead, string>> = {
  "aes-128-gcm": "AES-GCM",
  "aes-256-gcm": "AES-GCM",
  "chacha20-poly1305": "ChaCha20-Poly1305",
};
