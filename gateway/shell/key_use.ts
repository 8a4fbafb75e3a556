// Which keys this process has used, so that no IV is ever used twice under one of them, nor taken twice (RFC 4106 §3.1, §10; RFC 8221 §3).
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
  /** `lastSequence`: outbound the last number used, inbound the highest that was taken. */
  removed(use: { digest: KeyDigest; lastSequence: bigint }): void;
}

interface Use {
  /** The only one that the key may ever serve: the numbers of the other have been used by the peer. */
  readonly direction: SaDirection;
  /** An outbound SA has it now. */
  isSealing: boolean;
  /** The highest number of the SAs that are gone. */
  lastSequence: bigint;
}

/** @param secret Random octets of this process, the key of the digests */
export function createKeyUse(secret: Uint8Array): KeyUse {
  const uses = new Map<KeyDigest, Use>();

  function digest(keyMaterial: Uint8Array): KeyDigest {
    return createHmac("sha256", secret).update(keyMaterial).digest("base64");
  }

  function refusal(
    asked: { digest: KeyDigest; direction: SaDirection; initialSequence: bigint },
  ): Refusal | undefined {
    const use = uses.get(asked.digest);
    if (use === undefined) return undefined;
    if (use.direction !== asked.direction) {
      const detail = "The same keying material serves the other direction";
      return { kind: "invalid", member: "keyMaterial", detail };
    }
    if (use.isSealing) {
      return { kind: "conflict", detail: "Another outbound SA uses this keying material" };
    }
    if (asked.initialSequence >= use.lastSequence) return undefined;
    const detail =
      "This keying material has been used up to a higher sequence number than initialSequence";
    return { kind: "conflict", member: "initialSequence", detail };
  }

  function installed(key: KeyDigest, direction: SaDirection): void {
    const use = uses.get(key) ?? { direction, isSealing: false, lastSequence: 0n };
    use.isSealing = direction === "outbound";
    uses.set(key, use);
  }

  function removed(gone: { digest: KeyDigest; lastSequence: bigint }): void {
    const use = uses.get(gone.digest);
    if (use === undefined) return;
    use.isSealing = false;
    if (gone.lastSequence > use.lastSequence) use.lastSequence = gone.lastSequence;
  }

  return { digest, refusal, installed, removed };
}
