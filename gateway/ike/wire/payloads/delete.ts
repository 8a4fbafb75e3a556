// D: protocol 1 | SPI size 1 | count 2 | SPIs (RFC 7296 §3.11).

import { ESP_SPI_LEN, PROTOCOL } from "../constants.ts";
import { faultOf, type Parsed } from "../fault.ts";
import { LIMIT } from "../limits.ts";
import { createReader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface DeletePayload {
  readonly kind: "delete";
  /** IKE deletes the IKE SA itself, without SPIs. */
  readonly protocol: number;
  /** Those that the sender receives on. */
  readonly spis: readonly number[];
}

/** Reads a Delete whose count fits (rule IW68); of very many SPIs the first (rule IW5). */
export function parseDelete(body: Uint8Array): Parsed<DeletePayload> {
  const reader = createReader(body);
  const [protocol, spiLen, count] = [reader.u8(), reader.u8(), reader.u16()];
  if (reader.isShort()) return faultOf("body_short");
  const isGood = count === 0 || (protocol !== PROTOCOL.IKE && spiLen === ESP_SPI_LEN);
  if (!isGood || reader.left() !== spiLen * count) return faultOf("delete_spis");
  const length = Math.min(count, LIMIT.DELETED_SPIS);
  return { value: { kind: "delete", protocol, spis: Array.from({ length }, () => reader.u32()) } };
}

export function emitDelete(writer: Writer, { protocol, spis }: DeletePayload): void {
  writer.u8(protocol);
  writer.u8(protocol === PROTOCOL.IKE ? 0 : ESP_SPI_LEN);
  writer.u16(spis.length);
  for (const spi of spis) writer.u32(spi);
}
