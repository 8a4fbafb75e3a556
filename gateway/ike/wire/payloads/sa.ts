// SA: proposals, each with its transforms (RFC 7296 §3.3).
//
//   proposal   last 1 | 0 1 | length 2 | number 1 | protocol 1 | SPI size 1 | transforms 1 | SPI
//   transform  last 1 | 0 1 | length 2 | type 1 | 0 1 | id 2 | attributes
//   attribute  AF 1 bit, type 15 bits | value 2 (AF is 1), or length 2 and value (AF is 0)

import { ATTRIBUTE_KEY_BITS } from "../constants.ts";
import { faultOf, type Parsed } from "../fault.ts";
import { LIMIT } from "../limits.ts";
import { createReader, type Reader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export interface SaPayload {
  readonly kind: "sa";
  readonly proposals: readonly Proposal[];
}

export interface Proposal {
  /** Counts from 1 in what is sent; whatever comes is echoed (rule IW54). */
  readonly number: number;
  readonly protocol: number;
  /** A view of the message; empty where no SPI belongs. */
  readonly spi: Uint8Array;
  readonly transforms: readonly Transform[];
}

export interface Transform {
  readonly type: number;
  readonly id: number;
  /** The attribute Key Length; null if there is none. */
  readonly keyBits: number | null;
  /** An attribute that is unknown or comes twice. Such a transform is passed over (rule IW32). */
  readonly isForeign: boolean;
}

/** Reads proposals whose lengths and counts add up (rule IW53), whatever they propose. */
export function parseSa(body: Uint8Array): Parsed<SaPayload> {
  const reader = createReader(body);
  const proposals: Proposal[] = [];
  let transformCount = 0;
  let isLast = false;
  while (!isLast) {
    const item = takeItem(reader, MORE_PROPOSALS);
    if (item === null) return faultOf("proposal_lengths");
    if (proposals.length === LIMIT.PROPOSALS) return faultOf("proposals_too_many");
    const proposal = parseProposal(item.fields);
    if ("fault" in proposal) return proposal;
    proposals.push(proposal.value);
    transformCount += proposal.value.transforms.length;
    if (transformCount > LIMIT.TRANSFORMS_OF_SA) return faultOf("transforms_too_many");
    isLast = item.isLast;
  }
  return { value: { kind: "sa", proposals } };
}

/** Writes the proposals in their order. */
export function emitSa(writer: Writer, { proposals }: SaPayload): void {
  proposals.forEach((proposal, index) => {
    const isLast = index === proposals.length - 1;
    const lenAt = beginItem(writer, isLast ? LAST : MORE_PROPOSALS);
    writer.u8(proposal.number);
    writer.u8(proposal.protocol);
    writer.u8(proposal.spi.length);
    writer.u8(proposal.transforms.length);
    writer.octets(proposal.spi);
    proposal.transforms.forEach((transform, at) => {
      emitTransform(writer, transform, at === proposal.transforms.length - 1);
    });
    endItem(writer, lenAt);
  });
}

function parseProposal(reader: Reader): Parsed<Proposal> {
  const [number, protocol, spiLen, count] = [reader.u8(), reader.u8(), reader.u8(), reader.u8()];
  const spi = reader.take(spiLen);
  if (reader.isShort()) return faultOf("proposal_lengths");
  if (count > LIMIT.TRANSFORMS_OF_PROPOSAL) return faultOf("transforms_too_many");
  const transforms: Transform[] = [];
  let isLast = count === 0;
  while (!isLast) {
    const item = takeItem(reader, MORE_TRANSFORMS);
    const transform = item && transforms.length < count ? parseTransform(item.fields) : null;
    if (item === null || transform === null) return faultOf("transform_lengths");
    transforms.push(transform);
    isLast = item.isLast;
  }
  if (transforms.length !== count || reader.left() > 0) return faultOf("transform_lengths");
  return { value: { number, protocol, spi, transforms } };
}

/** Null if the lengths do not add up. */
function parseTransform(reader: Reader): Transform | null {
  const type = reader.u8();
  reader.u8();
  const id = reader.u16();
  let keyBits: number | null = null;
  let isForeign = false;
  while (reader.left() > 0) {
    const attribute = reader.u16();
    const value = reader.u16();
    const isKeyBits = attribute === (SHORT_FORM | ATTRIBUTE_KEY_BITS);
    if (attribute < SHORT_FORM) reader.take(value);
    isForeign ||= !isKeyBits || keyBits !== null;
    if (isKeyBits) keyBits = value;
  }
  return reader.isShort() ? null : { type, id, keyBits, isForeign };
}

function emitTransform(writer: Writer, transform: Transform, isLast: boolean): void {
  const lenAt = beginItem(writer, isLast ? LAST : MORE_TRANSFORMS);
  writer.u8(transform.type);
  writer.u8(0);
  writer.u16(transform.id);
  if (transform.keyBits !== null) {
    writer.u16(SHORT_FORM | ATTRIBUTE_KEY_BITS);
    writer.u16(transform.keyBits);
  }
  endItem(writer, lenAt);
}

/** The fields of the next proposal or transform. */
interface Item {
  readonly fields: Reader;
  readonly isLast: boolean;
}

/** Takes a proposal or a transform; null if its length or its mark "last" is wrong. */
function takeItem(reader: Reader, more: number): Item | null {
  const mark = reader.u8();
  reader.u8();
  const fields = createReader(reader.take(reader.u16() - ITEM_HEADER_LEN));
  const isLast = mark === LAST;
  const isWrong = reader.isShort() || (!isLast && mark !== more) ||
    isLast !== (reader.left() === 0);
  return isWrong ? null : { fields, isLast };
}

/** @returns Where the length stands */
function beginItem(writer: Writer, mark: number): number {
  writer.u8(mark);
  writer.u8(0);
  const lenAt = writer.len();
  writer.u16(0);
  return lenAt;
}

function endItem(writer: Writer, lenAt: number): void {
  writer.patchU16(lenAt, writer.len() - lenAt + 2);
}

/** Octets of a proposal or transform up to its length. */
const ITEM_HEADER_LEN = 4;

/** Marks at the front of proposals and transforms. */
const LAST = 0;
const MORE_PROPOSALS = 2;
const MORE_TRANSFORMS = 3;

/** The bit AF: a value of two octets follows. */
const SHORT_FORM = 0x8000;
