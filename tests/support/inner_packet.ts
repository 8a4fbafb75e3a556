// Inner packets: IPv4 and IPv6 with ICMP or UDP echo, with right checksums unless asked otherwise,
// and a parser for answers.

import { Buffer } from "node:buffer";
import { isIPv6 } from "node:net";

const PROTOCOL_ICMP = 1;
export const PROTOCOL_UDP = 17;
const PROTOCOL_ICMPV6 = 58;
const ECHO_PORT = 7;

/** Addresses of a packet, both of one family. */
export interface Ends {
  readonly source: string;
  readonly destination: string;
}

export interface Ping {
  readonly id?: number;
  readonly seq?: number;
  readonly data?: Uint8Array;
}

/** An ICMP or ICMPv6 echo request. */
export function pingPacket(
  ends: Ends,
  { id = 7, seq = 1, data = Buffer.alloc(56, 0x61) }: Ping = {},
): Buffer {
  const isV6 = isIPv6(ends.source);
  const icmp = Buffer.concat([Buffer.alloc(8), data]);
  icmp.writeUInt8(isV6 ? 128 : 8, 0);
  icmp.writeUInt16BE(id, 4);
  icmp.writeUInt16BE(seq, 6);
  const protocol = isV6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
  icmp.writeUInt16BE(
    checksum(isV6 ? [pseudoHeader(ends, protocol, icmp.length), icmp] : [icmp]),
    2,
  );
  return ipPacket(ends, protocol, icmp);
}

/** A UDP datagram, to the echo port unless told otherwise. */
export function udpPacket(
  ends: Ends,
  { data, sourcePort = 40_000, port = ECHO_PORT }: {
    readonly data: Uint8Array;
    readonly sourcePort?: number;
    readonly port?: number;
  },
): Buffer {
  const udp = Buffer.concat([Buffer.alloc(8), data]);
  udp.writeUInt16BE(sourcePort, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(udp.length, 4);
  const sum = checksum([pseudoHeader(ends, PROTOCOL_UDP, udp.length), udp]);
  udp.writeUInt16BE(sum === 0 ? 0xffff : sum, 6);
  return ipPacket(ends, PROTOCOL_UDP, udp);
}

/** An IPv4 packet with an identification in place of 0: the header's sum grows by it. */
export function withId(packet: Buffer, id: number): Buffer {
  packet.writeUInt16BE(id, 4);
  const sum = (packet.readUInt16BE(10) ^ 0xffff) + id;
  packet.writeUInt16BE(((sum & 0xffff) + (sum >> 16)) ^ 0xffff, 10);
  return packet;
}

/** An IP packet around `payload`, header checksum included. */
export function ipPacket(ends: Ends, protocol: number, payload: Uint8Array): Buffer {
  return isIPv6(ends.source) ? ipv6(ends, protocol, payload) : ipv4(ends, protocol, payload);
}

function ipv4({ source, destination }: Ends, protocol: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  addressOctets(source).copy(header, 12);
  addressOctets(destination).copy(header, 16);
  header.writeUInt16BE(checksum([header]), 10);
  return Buffer.concat([header, payload]);
}

function ipv6({ source, destination }: Ends, nextHeader: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(payload.length, 4);
  header.writeUInt8(nextHeader, 6);
  header.writeUInt8(64, 7);
  addressOctets(source).copy(header, 8);
  addressOctets(destination).copy(header, 24);
  return Buffer.concat([header, payload]);
}

/**
 * The parts of an inner packet that tests look at. `isIntact`: lengths and every checksum are
 * right.
 */
export interface ParsedPacket extends Ends {
  readonly protocol: number;
  readonly payload: Buffer;
  readonly isIntact: boolean;
}

/**
 * Parses an inner packet; throws if it is shorter than its headers. Octets after its own length
 * (TFC padding) are left out.
 */
export function parsePacket(packet: Buffer): ParsedPacket {
  const isV6 = packet.readUInt8(0) >> 4 === 6;
  const headerLen = isV6 ? 40 : (packet.readUInt8(0) & 15) * 4;
  const total = isV6 ? 40 + packet.readUInt16BE(4) : packet.readUInt16BE(2);
  const protocol = packet.readUInt8(isV6 ? 6 : 9);
  const source = addressText(packet.subarray(isV6 ? 8 : 12, isV6 ? 24 : 16));
  const destination = addressText(packet.subarray(isV6 ? 24 : 16, isV6 ? 40 : 20));
  const payload = packet.subarray(headerLen, total);
  const ends = { source, destination };
  const isHeaderRight = isV6 || checksum([packet.subarray(0, headerLen)]) === 0;
  const isIntact = isHeaderRight && total <= packet.length && isSumRight(ends, protocol, payload);
  return { ...ends, protocol, payload, isIntact };
}

function isSumRight(ends: Ends, protocol: number, payload: Buffer): boolean {
  if (protocol === PROTOCOL_ICMP) return checksum([payload]) === 0;
  if (protocol !== PROTOCOL_UDP && protocol !== PROTOCOL_ICMPV6) return true;
  // A UDP checksum of zero means that there is none, over IPv4 only.
  if (protocol === PROTOCOL_UDP && payload.readUInt16BE(6) === 0) return !isIPv6(ends.source);
  return checksum([pseudoHeader(ends, protocol, payload.length), payload]) === 0;
}

/** RFC 1071 over the parts as if they were one; each part but the last has an even length. */
export function checksum(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

function pseudoHeader({ source, destination }: Ends, protocol: number, len: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(len, 0);
  tail.writeUInt32BE(protocol, 4);
  return Buffer.concat([addressOctets(source), addressOctets(destination), tail]);
}

/** Octets of an address; IPv6 with at most one `::` and no embedded IPv4. */
export function addressOctets(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const words = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((word) => parseInt(word, 16));
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  const gap = new Array<number>(8 - front.length - back.length).fill(0);
  return Buffer.from([...front, ...gap, ...back].flatMap((word) => [word >> 8, word & 255]));
}

function addressText(octets: Buffer): string {
  if (octets.length === 4) return octets.join(".");
  const words = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(i * 2).toString(16));
  return new URL(`http://[${words.join(":")}]/`).hostname.slice(1, -1);
}
