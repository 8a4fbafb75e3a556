// ESP packets that the case makes itself with the keys that it gave out, as an observer who
// recorded the wire could send them again.

import { createCipheriv } from "node:crypto";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { SaSpec } from "./gateway.ts";
import { GATEWAY, TCP_PORT } from "./network.ts";

/**
 * A whole frame: one ESP packet (AES-GCM, no ESN) with this sequence number around an empty IPv4
 * packet.
 */
export function espFrame(sa: SaSpec, sequence: number): Uint8Array {
  const material = Uint8Array.from(sa.keyMaterial.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const key = material.slice(0, -4);
  const header = new Uint8Array(8);
  new DataView(header.buffer).setUint32(0, Number(sa.spi));
  new DataView(header.buffer).setUint32(4, sequence);
  // An IV that the kernel has not used: it counts packets, this one has the top bit set.
  const iv = Uint8Array.of(0x80, 0, 0, 0, ...header.slice(4));
  const nonce = Uint8Array.of(...material.slice(-4), ...iv);
  const cipher = createCipheriv(key.length === 16 ? "aes-128-gcm" : "aes-256-gcm", key, nonce);
  cipher.setAAD(header);
  // 20 octets of IPv4 header, padding 1 2, pad length 2, next header 4.
  const sealed = [
    ...cipher.update(Uint8Array.of(..._ipv4Header(sa), 1, 2, 2, 4)),
    ...cipher.final(),
  ];
  const packet = Uint8Array.of(...header, ...iv, ...sealed, ...cipher.getAuthTag());
  return Uint8Array.of(0, packet.length + 2, ...packet);
}

/** A connection of its own, which says the stream prefix and then these frames. */
export async function sendFrames(frames: readonly Uint8Array[]): Promise<Socket> {
  const socket = connect({ host: GATEWAY, port: TCP_PORT });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.write(
    Uint8Array.of(...new TextEncoder().encode("IKETCP"), ...frames.flatMap((f) => [...f])),
  );
  return socket;
}

/** Source in the SA's `remote`, destination in its `local`; protocol 253, for experiments. */
function _ipv4Header(sa: SaSpec): Uint8Array {
  const address = (prefix = ""): number[] => (prefix.split("/")[0] ?? "").split(".").map(Number);
  const header = Uint8Array.of(
    ...[0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0, 0],
    ...address(sa.remote[0]),
    ...address(sa.local[0]),
  );
  const words = new DataView(header.buffer);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += words.getUint16(at);
  words.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)));
  return header;
}
