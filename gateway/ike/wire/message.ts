// Whole messages: from octets to a header and a chain, and back. What SK holds is opened by
// `gateway/ike/wire/sealed.ts`; which payloads an exchange has is in `gateway/ike/wire/rules.ts`.

import { HEADER_LEN, PAYLOAD } from "./constants.ts";
import { checkPayloads, emitChain, firstTypeOf, parseChain, type SealedPayload } from "./chain.ts";
import { type Fault, faultOf, type Parsed } from "./fault.ts";
import {
  emitHeader,
  FIRST_TYPE_AT,
  type Header,
  isInitial,
  isResponse,
  LENGTH_AT,
  parseHeader,
  type ReceivedHeader,
} from "./header.ts";
import { LIMIT } from "./limits.ts";
import type { Payload, RawPayload } from "./payloads/payload.ts";
import { createReader } from "./reader.ts";
import { judge, type Verdict } from "./verdict.ts";
import type { Writer } from "./writer.ts";

/** A message whose chain has been split. All octets are views of the message. */
export interface Message {
  readonly header: ReceivedHeader;
  /** Payloads outside SK. Beside SK nothing follows from them but rules IW1 and IW5. */
  readonly payloads: readonly RawPayload[];
  readonly sealed: Sealed | null;
}

/** SK or SKF with what it covers. */
export interface Sealed {
  /** Type of the first payload inside; of a fragment other than the first it is 0. */
  readonly firstType: number;
  /** Null if the message is whole. */
  readonly fragment: Fragment | null;
  /** From the first octet of the message to the IV: what is authenticated and not encrypted. */
  readonly aad: Uint8Array;
  /** IV, ciphertext and ICV. They follow the AAD in the message. */
  readonly body: Uint8Array;
}

/** Which part of a message a fragment is (RFC 7383 §2.5). */
export interface Fragment {
  /** Counts from 1. */
  readonly number: number;
  readonly total: number;
}

/** A message, or a fault and what its sender gets for it. */
export type ParsedMessage =
  | { readonly value: Message }
  | {
    readonly fault: Fault;
    /** Null if it could not be read. */
    readonly header: ReceivedHeader | null;
    readonly verdict: Verdict;
  };

/** Reads a message: {@link parseHeader}, then {@link parseBody}. */
export function parseMessage(
  octets: Uint8Array,
  lenMax: number = LIMIT.MESSAGE_LEN,
): ParsedMessage {
  const head = parseHeader(octets);
  const header = "fault" in head ? head.header : head.value;
  const parsed = "fault" in head ? head : parseBody(octets, { header: head.value, lenMax });
  if ("value" in parsed) return parsed;
  return { fault: parsed.fault, header, verdict: judge(parsed.fault, header, "clear") };
}

/** What is known of a message before its chain is read. */
export interface Before {
  readonly header: ReceivedHeader;
  /** Octets that this sender's messages may have: one of {@link LIMIT}. */
  readonly lenMax: number;
}

/**
 * Reads what follows the header. A caller that looks for the SA in between calls this itself
 * (rule IW22).
 */
export function parseBody(octets: Uint8Array, { header, lenMax }: Before): Parsed<Message> {
  const isFirst = isInitial(header.exchange);
  const limit = isFirst ? Math.min(lenMax, LIMIT.STRANGER_MESSAGE_LEN) : lenMax;
  if (octets.length > limit) return faultOf("message_long");
  const chain = parseChain(header.firstType, octets.subarray(HEADER_LEN));
  if ("fault" in chain) return chain;
  const { payloads, sealed } = chain.value;
  if (sealed !== null) {
    return isFirst ? faultOf("sealed_early") : withSealed({ header, payloads, octets }, sealed);
  }
  if (!isFirst && !isResponse(header)) return faultOf("not_sealed");
  const checked = checkPayloads(payloads);
  return "fault" in checked ? checked : { value: { header, payloads, sealed: null } };
}

/** Payloads that came out of SK. */
export interface Opened {
  readonly firstType: number;
  /** The chain, without padding. */
  readonly plain: Uint8Array;
  /** Payloads of the same message outside SK. */
  readonly outside: readonly RawPayload[];
  /** As {@link Sealed} has it; of fragments the first one's. `outside` are views of it. */
  readonly aad: Uint8Array;
  readonly isFragmented: boolean;
}

/** Splits the chain that was inside SK. {@link judge} has the verdict on a fault: "opened". */
export function parseInner(opened: Opened): Parsed<readonly RawPayload[]> {
  const { firstType, plain, outside } = opened;
  const chain = parseChain(firstType, plain);
  if ("fault" in chain) return chain;
  if (chain.value.sealed !== null) return faultOf("sealed_nested");
  const checked = checkPayloads([...outside, ...chain.value.payloads]);
  return "fault" in checked ? checked : { value: chain.value.payloads };
}

/**
 * Removes the padding of what was inside SK (rule IW70).
 *
 * @returns A view of `text`
 */
export function removePadding(text: Uint8Array): Parsed<Uint8Array> {
  const padLen = text.at(-1);
  if (padLen === undefined || padLen > text.length - 1) return faultOf("padding");
  return { value: text.subarray(0, text.length - 1 - padLen) };
}

/** A message to send without SK. */
export interface ClearMessage {
  readonly header: Header;
  readonly payloads: readonly Payload[];
}

/**
 * Writes a message that is not sealed, to the front of a writer's buffer.
 *
 * @returns A view of the buffer; copy what outlives the next message
 */
export function emitMessage(writer: Writer, { header, payloads }: ClearMessage): Uint8Array {
  emitHeader(writer, header);
  writer.patchU8(FIRST_TYPE_AT, firstTypeOf(payloads));
  emitChain(writer, payloads);
  writer.patchU32(LENGTH_AT, writer.len());
  return writer.written();
}

interface Outside {
  readonly header: ReceivedHeader;
  readonly payloads: readonly RawPayload[];
  readonly octets: Uint8Array;
}

/** Adds SK or SKF with its limits; SK is the last payload, so they count from the end. */
function withSealed({ header, payloads, octets }: Outside, sk: SealedPayload): Parsed<Message> {
  const reader = createReader(sk.body);
  const isFragment = sk.type === PAYLOAD.SKF;
  const fragment = isFragment ? { number: reader.u16(), total: reader.u16() } : null;
  if (reader.isShort()) return faultOf("sealed_short");
  const body = reader.rest();
  const aad = octets.subarray(0, octets.length - body.length);
  return { value: { header, payloads, sealed: { firstType: sk.firstType, fragment, aad, body } } };
}
