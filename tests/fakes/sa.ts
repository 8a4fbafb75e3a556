// An SA as the SAD shows it, for tests of code that only reads it.

import type { SaView } from "../../gateway/model/sa_view.ts";

/** Makes an outbound SA of peer "p" that has sent nothing; `more` replaces members. */
export function createFakeSa(more: Partial<SaView>): SaView {
  return {
    id: 1,
    spi: 0x100,
    direction: "outbound",
    peer: "p",
    aead: "aes-gcm-16",
    local: [],
    remote: [],
    esn: false,
    replayWindow: 1024,
    softPackets: 0n,
    softOctets: 0n,
    softSeconds: 0,
    hardPackets: 0n,
    hardOctets: 0n,
    hardSeconds: 0,
    initialSequence: 0n,
    keyBits: 128,
    packets: 0n,
    octets: 0n,
    sequence: 0n,
    installedAt: "2026-11-24T12:00:00.000Z",
    lastValidAt: null,
    state: "active",
    path: null,
    ...more,
  };
}
