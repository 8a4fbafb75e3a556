// An SA as the SAD shows it, for tests of what only looks at them.

import type { SaView } from "../../model/sa_view.ts";

/** An outbound SA of peer "p" that has sent nothing, but for `more`. */
export function fakeSa(more: Partial<SaView>): SaView {
  return {
    spi: 0x100,
    direction: "outbound",
    peer: "p",
    aead: "aes-gcm-16",
    local: [],
    remote: [],
    esn: false,
    replayWindow: 1024,
    softPackets: 0n,
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
