// Lays an SA out for `sa_install`. The core reads it from the shell's block, and wipes it there.

import { SA_INBOUND, SA_OUTBOUND } from "../../ts-bindings/layout.ts";
import { type SpecSelector, writeSaSpec } from "../../ts-bindings/records.ts";
import { AEADS } from "../model/aead.ts";
import type { SaDirection } from "../model/direction.ts";
import type { Prefix } from "../model/prefix.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import type { MemoryViews } from "./memory_views.ts";

/**
 * Writes `spec` with its key at offset `at`, octets.
 *
 * @param peer Number of the peer, 1 and up
 * @param ivOffset Added to sequence numbers for IVs, modulo 2^64
 * @param now Monotonic ms of the lanes' clock, from which `hardSeconds` counts
 * @param isStandby Whether packets leave by it only where no other SA fits
 */
export function writeSpec(
  views: MemoryViews,
  spec: SaSpec,
  { at, peer, ivOffset, now, isStandby = false }: {
    readonly at: number;
    readonly peer: number;
    readonly ivOffset: bigint;
    readonly now: number;
    readonly isStandby?: boolean;
  },
): void {
  writeSaSpec(views, at, {
    spi: spec.spi,
    direction: DIRECTION[spec.direction],
    peer,
    algorithm: AEADS[spec.aead].number,
    esn: spec.esn ? 1 : 0,
    windowLen: spec.replayWindow,
    keyLen: spec.keyMaterial.length,
    localCount: spec.local.length,
    remoteCount: spec.remote.length,
    standby: isStandby ? 1 : 0,
    initialSequence: spec.initialSequence,
    ivOffset,
    softPackets: spec.softPackets,
    softOctets: spec.softOctets,
    softSeconds: spec.softSeconds,
    hardPackets: spec.hardPackets,
    hardOctets: spec.hardOctets,
    hardSeconds: spec.hardSeconds,
    now,
    key: spec.keyMaterial,
    local: spec.local.map(selectorOf),
    remote: spec.remote.map(selectorOf),
  });
}

function selectorOf({ octets, bits }: Prefix): SpecSelector {
  return { version: octets.length === 4 ? 4 : 6, bits, octets };
}

const DIRECTION: Readonly<Record<SaDirection, number>> = {
  inbound: SA_INBOUND,
  outbound: SA_OUTBOUND,
};
