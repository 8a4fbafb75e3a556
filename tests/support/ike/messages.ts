// Messages for tests, good ones and ones that no emitter of the gateway would make.

import { ok } from "node:assert/strict";
import { EXCHANGE, FLAG } from "../../../gateway/ike/wire/constants.ts";
import type { FaultReason, Parsed } from "../../../gateway/ike/wire/fault.ts";
import type { Header } from "../../../gateway/ike/wire/header.ts";
import { emitMessage } from "../../../gateway/ike/wire/message.ts";
import {
  emitBody,
  type Payload,
  type RawPayload,
  typeOf,
} from "../../../gateway/ike/wire/payloads/payload.ts";
import { createWriter, type Writer } from "../../../gateway/ike/wire/writer.ts";

/** A writer with room for every message. */
export function writer(): Writer {
  return createWriter(new Uint8Array(65_536));
}

/** Octets of a message that is not sealed. */
export function messageOctets(header: Header, payloads: readonly Payload[]): Uint8Array {
  return emitMessage(writer(), { header, payloads }).slice();
}

/** Payloads as the chain has them. */
export function rawPayloads(payloads: readonly Payload[]): RawPayload[] {
  return payloads.map((payload) => ({
    type: typeOf(payload),
    isCritical: payload.kind === "unknown" && payload.isCritical,
    body: bodyOctets(payload),
  }));
}

export function bodyOctets(payload: Payload): Uint8Array {
  const into = writer();
  emitBody(into, payload);
  return into.written().slice();
}

/** A payload of a chain that may be wrong. */
export interface Link {
  readonly type: number;
  readonly body?: Uint8Array | readonly number[];
  readonly isCritical?: boolean;
  /** In place of the right one. */
  readonly len?: number;
}

/** Octets of a chain. The last link's next payload is `last`. */
export function chainOctets(links: readonly Link[], last = 0): Uint8Array {
  return join(links.map(({ body = [], isCritical = false, len }, index) => {
    const next = links[index + 1]?.type ?? last;
    const length = len ?? 4 + body.length;
    return [next, isCritical ? 0x80 : 0, length >>> 8, length & 0xff, ...body];
  }));
}

/** A message of a chain that may be wrong. Length is right. */
export function messageOf(header: Header, links: readonly Link[]): Uint8Array {
  return withChain(header, links[0]?.type ?? 0, chainOctets(links));
}

/** A message whose header has this first type and is followed by these octets. */
export function withChain(header: Header, firstType: number, chain: Uint8Array): Uint8Array {
  const octets = join([messageOctets(header, []), chain]);
  octets[16] = firstType;
  new DataView(octets.buffer).setUint32(24, octets.length);
  return octets;
}

/** Octets one behind the other. */
export function join(parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The value of something that parsed. */
export function valueOf<T>(parsed: Parsed<T>): T {
  ok("value" in parsed, `a fault: ${JSON.stringify(parsed)}`);
  return parsed.value;
}

/** The reason of something that did not parse; null if it did. */
export function reasonOf(parsed: Parsed<unknown>): FaultReason | null {
  return "fault" in parsed ? parsed.fault.reason : null;
}

const SPI_I = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** A header of an initiator's first request, with changes. */
export function firstHeader(change: Partial<Header> = {}): Header {
  return {
    spiI: SPI_I,
    spiR: new Uint8Array(8),
    exchange: EXCHANGE.IKE_SA_INIT,
    flags: FLAG.INITIATOR,
    messageId: 0,
    ...change,
  };
}

/** A header of a later request of the initiator, with changes. */
export function laterHeader(change: Partial<Header> = {}): Header {
  return firstHeader({
    spiR: Uint8Array.of(9, 10, 11, 12, 13, 14, 15, 16),
    exchange: EXCHANGE.IKE_AUTH,
    messageId: 1,
    ...change,
  });
}
