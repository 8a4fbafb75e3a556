// Echo through the gateway: a sealed ping in, the opened and checked answer out.

import { deepEqual, equal, ok } from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { type OpenedEsp, openEsp, sealEsp, type SealOptions } from "./esp.ts";
import { parsePacket, type Ping, pingPacket } from "./inner_packet.ts";
import type { Originator } from "./originator.ts";
import type { Peer } from "./peers.ts";

let marks = 0;

/** A ping that no other test has sent: its data carry a number of its own. */
export function freshPing(): Required<Pick<Ping, "id" | "seq">> {
  marks++;
  return { id: 0x4000 + (marks >> 16), seq: marks & 0xffff };
}

/** Sends a ping of `peer`. */
export async function sendPing(
  connection: Originator,
  peer: Peer,
  options: { readonly ping?: Ping; readonly seal?: SealOptions } = {},
): Promise<void> {
  await connection.sendFrames(sealPing(peer, options));
}

/** A sealed ping of `peer`, ready for a frame. */
export function sealPing(
  peer: Peer,
  { ping, seal }: { readonly ping?: Ping; readonly seal?: SealOptions } = {},
): Buffer {
  return sealEsp(peer.inbound, pingPacket(peer.ends, ping ?? freshPing()), seal);
}

/** The next payload on `connection` must be the answer to `ping`. */
export async function expectPong(
  connection: Pick<Originator, "next">,
  peer: Peer,
  ping: Ping,
): Promise<OpenedEsp> {
  const payload = await connection.next();
  const opened = openEsp(peer.outbound, payload);
  ok(
    opened !== undefined,
    `not an ESP packet of this peer: ${payload.subarray(0, 24).toString("hex")}`,
  );
  const got = parsePacket(opened.inner);
  const isV6 = peer.ends.source.includes(":");
  ok(got.isIntact, "lengths and checksums");
  deepEqual(
    { source: got.source, destination: got.destination },
    { source: peer.ends.destination, destination: peer.ends.source },
  );
  const asked = parsePacket(pingPacket(peer.ends, ping)).payload;
  equal(got.payload.readUInt8(0), isV6 ? 129 : 0, "an echo reply");
  deepEqual(got.payload.subarray(4), asked.subarray(4), "identifier, number and data");
  return opened;
}

/**
 * One round trip. If the gateway had answered an earlier packet that it must not, that answer would
 * come first.
 */
export async function expectEcho(connection: Originator, peer: Peer): Promise<OpenedEsp> {
  const ping = freshPing();
  await sendPing(connection, peer, { ping });
  return await expectPong(connection, peer, ping);
}
