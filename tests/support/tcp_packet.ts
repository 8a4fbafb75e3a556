// TCP segments in IPv4, for tests that are one side of a connection themselves.

import { Buffer } from "node:buffer";
import { checksum, type Ends, ipPacket, parsePacket } from "./inner_packet.ts";

const PROTOCOL_TCP = 6;
export const SYN = 0x02;
export const PSH = 0x08;
export const ACK = 0x10;

/** The port at which the test's side listens. */
const TCP_PORT = 5001;

/** MSS 1360, what an inner MTU of 1400 leaves; in a segment with SYN only. */
const MSS_OPTION = Buffer.of(2, 4, 1360 >> 8, 1360 & 255);

export interface TcpFields {
  /** Identification of the IPv4 packet. */
  readonly id: number;
  /** The other side's port. */
  readonly port: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly data: Buffer;
}

/** A segment from port 5001 with right checksums that must not be fragmented. */
export function tcpPacket(ends: Ends, fields: TcpFields): Buffer {
  const options = (fields.flags & SYN) === 0 ? Buffer.alloc(0) : MSS_OPTION;
  const segment = Buffer.concat([Buffer.alloc(20), options, fields.data]);
  segment.writeUInt16BE(TCP_PORT, 0);
  segment.writeUInt16BE(fields.port, 2);
  segment.writeUInt32BE(fields.seq, 4);
  segment.writeUInt32BE(fields.ack, 8);
  segment.writeUInt8((20 + options.length) << 2, 12);
  segment.writeUInt8(fields.flags, 13);
  segment.writeUInt16BE(65_535, 14);
  const packet = ipPacket(ends, PROTOCOL_TCP, segment);
  packet.writeUInt16BE(checksum([pseudoHeader(packet, segment.length), segment]), 20 + 16);
  packet.writeUInt16BE(fields.id, 4);
  packet.writeUInt8(0x40, 6);
  packet.writeUInt16BE(0, 10);
  packet.writeUInt16BE(checksum([packet.subarray(0, 20)]), 10);
  return packet;
}

export interface TcpSegment {
  readonly sourcePort: number;
  readonly seq: number;
  readonly flags: number;
  readonly data: Buffer;
  /** Whether the length and both checksums are right. */
  readonly isIntact: boolean;
}

/** Parses a TCP packet; throws if it is shorter than its headers. */
export function parseTcp(packet: Buffer): TcpSegment {
  const { payload, protocol, isIntact } = parsePacket(packet);
  if (protocol !== PROTOCOL_TCP) throw new RangeError(`Protocol ${protocol} is not TCP`);
  const sum = checksum([pseudoHeader(packet, payload.length), payload]);
  return {
    sourcePort: payload.readUInt16BE(0),
    seq: payload.readUInt32BE(4),
    flags: payload.readUInt8(13),
    data: payload.subarray((payload.readUInt8(12) >> 4) * 4),
    isIntact: isIntact && sum === 0,
  };
}

/** The pseudo-header: addresses as in the packet, protocol, length. */
function pseudoHeader(packet: Buffer, len: number): Buffer {
  return Buffer.concat([
    packet.subarray(12, 20),
    Buffer.of(0, PROTOCOL_TCP, len >> 8, len & 255),
  ]);
}
