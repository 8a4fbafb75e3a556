// Lays an SA out for `sa_install`. The core reads it from the shell's block, and wipes it there.

import {
  AEAD_AES_GCM_16,
  AEAD_CHACHA20_POLY1305,
  SA_INBOUND,
  SA_OUTBOUND,
  SPEC_ALGORITHM,
  SPEC_DIRECTION,
  SPEC_ESN,
  SPEC_HARD_OCTETS,
  SPEC_HARD_PACKETS,
  SPEC_HARD_SECONDS,
  SPEC_INITIAL_SEQUENCE,
  SPEC_KEY,
  SPEC_KEY_LEN,
  SPEC_LEN,
  SPEC_LOCAL,
  SPEC_LOCAL_COUNT,
  SPEC_NOW,
  SPEC_PEER,
  SPEC_REMOTE,
  SPEC_REMOTE_COUNT,
  SPEC_SELECTOR_BITS,
  SPEC_SELECTOR_LEN,
  SPEC_SELECTOR_OCTETS,
  SPEC_SELECTOR_VERSION,
  SPEC_SOFT_PACKETS,
  SPEC_SPI,
  SPEC_WINDOW_LEN,
} from "../../ts-bindings/layout.ts";
import type { Prefix } from "../model/prefix.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import type { MemoryViews } from "./memory_views.ts";

/**
 * Writes `spec` with its key at offset `at`, octets.
 *
 * @param peer Number of the peer, 1 and up
 * @param now Monotonic ms of the lanes' clock, from which `hardSeconds` counts
 */
export function writeSpec(
  views: MemoryViews,
  spec: SaSpec,
  { at, peer, now }: { readonly at: number; readonly peer: number; readonly now: number },
): void {
  views.u8.fill(0, at, at + SPEC_LEN);
  const words: readonly (readonly [number, number])[] = [
    [SPEC_SPI, spec.spi],
    [SPEC_DIRECTION, spec.direction === "inbound" ? SA_INBOUND : SA_OUTBOUND],
    [SPEC_PEER, peer],
    [SPEC_ALGORITHM, spec.aead === "aes-gcm-16" ? AEAD_AES_GCM_16 : AEAD_CHACHA20_POLY1305],
    [SPEC_ESN, spec.esn ? 1 : 0],
    [SPEC_WINDOW_LEN, spec.replayWindow],
    [SPEC_KEY_LEN, spec.keyMaterial.length],
    [SPEC_LOCAL_COUNT, spec.local.length],
    [SPEC_REMOTE_COUNT, spec.remote.length],
  ];
  for (const [field, value] of words) views.u32[(at + field) >>> 2] = value;
  views.u64[(at + SPEC_INITIAL_SEQUENCE) / 8] = spec.initialSequence;
  views.u64[(at + SPEC_SOFT_PACKETS) / 8] = spec.softPackets;
  views.u64[(at + SPEC_HARD_PACKETS) / 8] = spec.hardPackets;
  views.u64[(at + SPEC_HARD_OCTETS) / 8] = spec.hardOctets;
  views.f64[(at + SPEC_HARD_SECONDS) / 8] = spec.hardSeconds;
  views.f64[(at + SPEC_NOW) / 8] = now;
  views.u8.set(spec.keyMaterial, at + SPEC_KEY);
  writePrefixes(views, at + SPEC_LOCAL, spec.local);
  writePrefixes(views, at + SPEC_REMOTE, spec.remote);
}

function writePrefixes(views: MemoryViews, at: number, prefixes: readonly Prefix[]): void {
  prefixes.forEach((prefix, i) => {
    const entry = at + i * SPEC_SELECTOR_LEN;
    views.u32[(entry + SPEC_SELECTOR_VERSION) >>> 2] = prefix.octets.length === 4 ? 4 : 6;
    views.u32[(entry + SPEC_SELECTOR_BITS) >>> 2] = prefix.bits;
    views.u8.set(prefix.octets, entry + SPEC_SELECTOR_OCTETS);
  });
}
