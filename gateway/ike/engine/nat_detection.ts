// NAT detection (RFC 7296 §2.23). In TCP it changes nothing: the addresses are those of the TCP
// connection, and the result is shown (RFC 9329 §6.5).

import { createHash } from "node:crypto";
import type { SocketAddress } from "../../model/socket_address.ts";

/** The SPIs in the header of the message, 8 octets each. SPIr is 0 in a first request. */
export interface Spis {
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
}

/** Data of a NAT_DETECTION notify: SHA-1(SPIi | SPIr | address | port), 20 octets. */
export function natHash({ spiI, spiR }: Spis, { octets, port }: SocketAddress): Uint8Array {
  const portOctets = Uint8Array.of(port >>> 8, port & 0xff);
  const hash = createHash("sha1").update(spiI).update(spiR).update(octets);
  return Uint8Array.from(hash.update(portOctets).digest());
}
