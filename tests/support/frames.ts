// RFC 9329 §3 and §4 as the originator writes and reads them. Length counts itself.

import { Buffer } from "node:buffer";

export const STREAM_PREFIX: Buffer = Buffer.from("IKETCP", "latin1");
export const KEEPALIVE: Buffer = Buffer.of(0, 3, 0xff);
export const EMPTY: Buffer = Buffer.of(0, 2);
export const PAYLOAD_MAX = 65_533;
const IKE_HEADER_LEN = 28;
export const MARKER_LEN = 4;

/** One frame around a payload of up to 65,533 octets. */
export function frame(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(payload.length + 2);
  return Buffer.concat([length, payload]);
}

/** One frame around an IKE message: the non-ESP marker goes in front. */
export function ikeFrame(message: Uint8Array): Buffer {
  return frame(Buffer.concat([Buffer.alloc(MARKER_LEN), message]));
}

export interface IkeOptions {
  readonly len?: number;
  readonly spiI?: bigint;
  readonly spiR?: bigint;
  /** 34 IKE_SA_INIT, 37 INFORMATIONAL. */
  readonly exchange?: number;
  readonly messageId?: number;
  readonly version?: number;
  readonly nextPayload?: number;
}

/**
 * A message that looks like IKE (RFC 7296 §3.1): a right header, filler of period 251 behind it.
 */
export function ikeMessage(options: IkeOptions = {}): Buffer {
  const len = options.len ?? IKE_HEADER_LEN;
  const message = Buffer.from(Array.from({ length: len }, (_, i) => i % 251));
  message.writeBigUInt64BE(options.spiI ?? 0x0102_0304_0506_0708n, 0);
  message.writeBigUInt64BE(options.spiR ?? 0n, 8);
  message.writeUInt8(options.nextPayload ?? 33, 16);
  message.writeUInt8(options.version ?? 0x20, 17);
  message.writeUInt8(options.exchange ?? 34, 18);
  message.writeUInt8(0x08, 19);
  message.writeUInt32BE(options.messageId ?? 0, 20);
  message.writeUInt32BE(len, 24);
  return message;
}

/** Cuts a stream into payloads, whatever its segments. */
export interface FrameReader {
  /** Takes what came; returns the payloads that are whole now. */
  push(octets: Uint8Array): Buffer[];
  /** Octets of a frame that is not whole yet. */
  pendingLen(): number;
}

/**
 * Makes a reader. It throws on Length 0 and 1: a gateway must never send those (rule T25).
 */
export function createFrameReader(): FrameReader {
  let chunks: Buffer[] = [];
  let held = 0;

  function push(octets: Uint8Array): Buffer[] {
    chunks.push(Buffer.from(octets));
    held += octets.length;
    if (held < 2) return [];
    const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    const payloads: Buffer[] = [];
    let at = 0;
    while (all.length - at >= 2) {
      const len = all.readUInt16BE(at);
      if (len < 2) throw new RangeError(`Received Length ${len}`);
      if (all.length - at < len) break;
      payloads.push(all.subarray(at + 2, at + len));
      at += len;
    }
    chunks = [all.subarray(at)];
    held = all.length - at;
    return payloads;
  }

  return { push, pendingLen: () => held };
}
