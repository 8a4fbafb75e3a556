// Which keys this process has used, so that no IV is ever used twice under one of them (RFC 4106 §3.1, §10; RFC 8221 §3).
// Kept are keyed digests, never keys, for the life of the process.

import { createHmac } from "node:crypto";
import type { Refusal, SaDirection } from "./types.ts";

/** A digest of keying material that means nothing outside this process. */
export type KeyDigest = string;

/** The keys of the process's life. */
export interface KeyUse {
  digest(keyMaterial: Uint8Array): KeyDigest;
  /** Why an SA with this key may not be installed now; undefined if it may. */
  refusal(
    use: { digest: KeyDigest; direction: SaDirection; initialSequence: bigint },
  ): Refusal | undefined;
  installed(digest: KeyDigest, direction: SaDirection): void;
  /** `lastSequence`: the last number used, outbound. */
  removed(use: { digest: KeyDigest; direction: SaDirection; lastSequence: bigint }): void;
}

interface Use {
  inbound: number;
  isOutbound: boolean;
  /** Last number used by an outbound SA that is gone; -1 if there was none. */
  lastSequence: bigint;
}

/** @param secret Random octets of this process, the key of the digests */
export function createKeyUse(secret: Uint8Array): KeyUse {
  const uses = new Map<KeyDigest, Use>();

  function digest(keyMaterial: Uint8Array): KeyDigest {
    return createHmac("sha256", secret).update(keyMaterial).digest("base64");
  }

  function useOf(key: KeyDigest): Use {
    const use = uses.get(key) ?? { inbound: 0, isOutbound: false, lastSequence: -1n };
    uses.set(key, use);
    return use;
  }

  function refusal(
    asked: { digest: KeyDigest; direction: SaDirection; initialSequence: bigint },
  ): Refusal | undefined {
    const use = uses.get(asked.digest);
    if (use === undefined) return undefined;
    const isOutbound = asked.direction === "outbound";
    if (isOutbound ? use.inbound > 0 : use.isOutbound || use.lastSequence >= 0n) {
      const detail = "The same keying material serves the other direction";
      return { kind: "invalid", member: "keyMaterial", detail };
    }
    if (!isOutbound) return undefined;
    if (use.isOutbound) {
      return { kind: "conflict", detail: "Another outbound SA uses this keying material" };
    }
    if (asked.initialSequence >= use.lastSequence) return undefined;
    const detail =
      "This keying material has been used up to a higher sequence number than initialSequence";
    return { kind: "conflict", member: "initialSequence", detail };
  }

  function installed(key: KeyDigest, direction: SaDirection): void {
    const use = useOf(key);
    if (direction === "outbound") use.isOutbound = true;
    else use.inbound++;
  }

  function removed(
    gone: { digest: KeyDigest; direction: SaDirection; lastSequence: bigint },
  ): void {
    const use = useOf(gone.digest);
    if (gone.direction === "outbound") {
      use.isOutbound = false;
      if (gone.lastSequence > use.lastSequence) use.lastSequence = gone.lastSequence;
      return;
    }
    use.inbound--;
    if (use.inbound === 0 && use.lastSequence < 0n && !use.isOutbound) uses.delete(gone.digest);
  }

  return { digest, refusal, installed, removed };
}
