// N: protocol 1 | SPI size 1 | type 2 | SPI | data (RFC 7296 §3.10).

import { ESP_SPI_LEN, PROTOCOL } from "../constants.ts";
import { faultOf, type Parsed } from "../fault.ts";
import { isErrorType } from "../notify_types.ts";
import { createReader } from "../reader.ts";
import { createWriter, type Writer } from "../writer.ts";

export interface NotifyPayload {
  readonly kind: "notify";
  readonly type: number;
  readonly protocol: number;
  /** A view of the message. Where no SPI belongs it is not looked at (rule IW11). */
  readonly spi: Uint8Array;
  /** A view of the message. */
  readonly data: Uint8Array;
}

export function parseNotify(body: Uint8Array): Parsed<NotifyPayload> {
  const reader = createReader(body);
  const [protocol, spiLen, type] = [reader.u8(), reader.u8(), reader.u16()];
  const [spi, data] = [reader.take(spiLen), reader.rest()];
  if (reader.isShort()) return faultOf("body_short");
  return { value: { kind: "notify", type, protocol, spi, data } };
}

export function emitNotify(writer: Writer, { type, protocol, spi, data }: NotifyPayload): void {
  writer.u8(protocol);
  writer.u8(spi.length);
  writer.u16(type);
  writer.octets(spi);
  writer.octets(data);
}

/** Makes a notify without an SPI, as nearly all are. */
export function makeNotify(type: number, data: Uint8Array = EMPTY): NotifyPayload {
  return { kind: "notify", type, protocol: PROTOCOL.NONE, spi: EMPTY, data };
}

/** Makes REKEY_SA or CHILD_SA_NOT_FOUND. */
export function makeEspNotify(type: number, spi: number): NotifyPayload {
  const octets = new Uint8Array(ESP_SPI_LEN);
  createWriter(octets).u32(spi);
  return { ...makeNotify(type), protocol: PROTOCOL.ESP, spi: octets };
}

/** The first notify of a type: of a second one nothing is read (rule IW11). */
export function findNotify(
  notifies: readonly NotifyPayload[],
  type: number,
): NotifyPayload | undefined {
  return notifies.find((notify) => notify.type === type);
}

/**
 * The first error of a response, known or not: the request has failed (rule IW10). In a request
 * only known errors mean anything.
 */
export function findError(notifies: readonly NotifyPayload[]): NotifyPayload | undefined {
  return notifies.find(({ type }) => isErrorType(type));
}

/** The SPI of REKEY_SA or CHILD_SA_NOT_FOUND; undefined if it is none of ESP (rule IW11). */
export function espSpiOf({ protocol, spi }: NotifyPayload): number | undefined {
  if (protocol !== PROTOCOL.ESP || spi.length !== ESP_SPI_LEN) return undefined;
  return createReader(spi).u32();
}

/** Data as numbers of 16 bits: a group, or the list of SIGNATURE_HASH_ALGORITHMS. */
export function numbersOf({ data }: NotifyPayload): number[] {
  const reader = createReader(data);
  return Array.from({ length: data.length >>> 1 }, () => reader.u16());
}

const EMPTY = new Uint8Array(0);
