// The header of each message (RFC 7296 §3.1).
//
//   SPIi 8 | SPIr 8 | next payload 1 | version 1 | exchange 1 | flags 1 | Message ID 4 | Length 4

import { EXCHANGE, FLAG, HEADER_LEN, IKE_SPI_LEN, VERSION } from "./constants.ts";
import { type Fault, faultOf, type Parsed } from "./fault.ts";
import { createReader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** A header. Its next payload and Length belong to the message as a whole. */
export interface Header {
  /** SPIs are views of the message; copy what outlives it. */
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly exchange: number;
  /** All eight bits. Those that {@link FLAG} does not have are ignored, and sent as 0. */
  readonly flags: number;
  readonly messageId: number;
}

/** A header that was received. */
export interface ReceivedHeader extends Header {
  /** Type of the first payload, 0 if there is none. */
  readonly firstType: number;
  /** The high half of the version octet. */
  readonly major: number;
}

/** A header, or a fault with as much of the header as could be read. */
export type ParsedHeader =
  | { readonly value: ReceivedHeader }
  | { readonly fault: Fault; readonly header: ReceivedHeader | null };

/** Reads the header of a whole message, and checks it (rules IW40 to IW43, IW46). */
export function parseHeader(octets: Uint8Array): ParsedHeader {
  if (octets.length < HEADER_LEN) return { ...faultOf("header_short"), header: null };
  const reader = createReader(octets);
  const [spiI, spiR] = [reader.take(IKE_SPI_LEN), reader.take(IKE_SPI_LEN)];
  const [firstType, major] = [reader.u8(), reader.u8() >>> 4];
  const [exchange, flags, messageId] = [reader.u8(), reader.u8(), reader.u32()];
  if (reader.u32() !== octets.length) return { ...faultOf("length_mismatch"), header: null };
  const header = { spiI, spiR, exchange, flags, messageId, firstType, major };
  const checked = checkFields(header);
  return "fault" in checked ? { ...checked, header } : checked;
}

/** Writes a header; the type of the first payload and Length are written later. */
export function emitHeader(writer: Writer, header: Header): void {
  writer.octets(header.spiI);
  writer.octets(header.spiR);
  writer.u8(0);
  writer.u8(VERSION);
  writer.u8(header.exchange);
  writer.u8(header.flags & (FLAG.INITIATOR | FLAG.RESPONSE));
  writer.u32(header.messageId);
  writer.u32(0);
}

/**
 * Makes the header of the response to a request: same SPIs, exchange and Message ID. The flag I
 * turns around, because it tells of the sender. To a first request the SPIr stays 0, as in an
 * answer that makes no SA; one that does sets its own.
 */
export function responseHeader(request: Header): Header {
  const { spiI, spiR, exchange, messageId } = request;
  const flags = FLAG.RESPONSE | (isFromInitiator(request) ? 0 : FLAG.INITIATOR);
  return { spiI, spiR, exchange, flags, messageId };
}

/** Where the header has the type of the first payload, and the message's Length. */
export const FIRST_TYPE_AT = 16;
export const LENGTH_AT = 24;

/** Whether an exchange begins an IKE SA, and so is neither sealed nor authentic. */
export function isInitial(exchange: number): boolean {
  return exchange === EXCHANGE.IKE_SA_INIT || exchange === EXCHANGE.IKE_SESSION_RESUME;
}

export function isResponse({ flags }: Header): boolean {
  return (flags & FLAG.RESPONSE) !== 0;
}

/** Whether the sender is the original initiator of the IKE SA. */
export function isFromInitiator({ flags }: Header): boolean {
  return (flags & FLAG.INITIATOR) !== 0;
}

/** Whether an SPI is 0: not chosen yet, or not an SPI. */
export function isZeroSpi(spi: Uint8Array): boolean {
  return spi.every((octet) => octet === 0);
}

function checkFields(header: ReceivedHeader): Parsed<ReceivedHeader> {
  if (isZeroSpi(header.spiI)) return faultOf("spi_zero");
  if (header.major > MAJOR) return faultOf("version_higher");
  if (header.major < MAJOR) return faultOf("version_lower");
  const isFirst = isInitial(header.exchange) && !isResponse(header);
  return isFirst && !hasFirstFields(header) ? faultOf("initial_fields") : { value: header };
}

/** Rule IW46: a first request names no responder, has Message ID 0 and comes from an initiator. */
function hasFirstFields(header: ReceivedHeader): boolean {
  return isZeroSpi(header.spiR) && header.messageId === 0 && isFromInitiator(header);
}

const MAJOR = VERSION >>> 4;
