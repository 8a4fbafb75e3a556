// rtnetlink messages (RFC 3549 §2.3.2, §3.1.1). Numbers are in the machine's byte order, addresses
// in wire order.
//
//   nlmsghdr       len 4 | type 2 | flags 2 | sequence 4 | port 4
//   rtmsg          family 1 | dst bits 1 | src bits 1 | tos 1 | table 1 | protocol 1 | scope 1
//                  | type 1 | flags 4
//   fib_rule_hdr   family 1 | dst bits 1 | src bits 1 | tos 1 | table 1 | 2 unused | action 1
//                  | flags 4
//   ifinfomsg      family 1 | unused 1 | type 2 | index 4 | flags 4 | change 4
//   ifaddrmsg      family 1 | bits 1 | flags 1 | scope 1 | index 4
//   rtattr         len 2 | type 2 | data, padded to 4
//   answer         nlmsghdr | minus errno 4 | the request's nlmsghdr

import {
  LITTLE_ENDIAN,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "./constants.ts";

/** One attribute of a message. */
export interface Attribute {
  readonly type: number;
  readonly data: Uint8Array;
}

/** A request as its parts. */
export interface Request {
  /** RTM_NEWROUTE and the like. */
  readonly type: number;
  /** NLM_F_CREATE and the like. NLM_F_REQUEST is added, and NLM_F_ACK unless it is a dump. */
  readonly flags: number;
  /** The structure behind the header, such as rtmsg. */
  readonly head: Uint8Array;
  readonly attributes: readonly Attribute[];
}

/** An attribute that is a number of 32 bits. */
export function u32Attribute(type: number, value: number): Attribute {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value, LITTLE_ENDIAN);
  return { type, data };
}

/** Makes a message. */
export function emitRequest(request: Request): Uint8Array<ArrayBuffer> {
  const { type, flags, head, attributes } = request;
  const attributesLen = attributes.reduce((sum, { data }) => sum + aligned(RTATTR_LEN, data), 0);
  const len = NLMSGHDR_LEN + head.length + attributesLen;
  const message = new Uint8Array(len);
  const view = new DataView(message.buffer);
  const answer = (flags & NLM_F_DUMP) === NLM_F_DUMP ? 0 : NLM_F_ACK;
  view.setUint32(0, len, LITTLE_ENDIAN);
  view.setUint16(4, type, LITTLE_ENDIAN);
  view.setUint16(6, flags | NLM_F_REQUEST | answer, LITTLE_ENDIAN);
  message.set(head, NLMSGHDR_LEN);
  let at = NLMSGHDR_LEN + head.length;
  for (const { type, data } of attributes) {
    view.setUint16(at, RTATTR_LEN + data.length, LITTLE_ENDIAN);
    view.setUint16(at + 2, type, LITTLE_ENDIAN);
    message.set(data, at + RTATTR_LEN);
    at += aligned(RTATTR_LEN, data);
  }
  return message;
}

/** A message in a buffer that the kernel has filled. It is valid until the next read. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  /** The structure behind the header, and the attributes after it. */
  readonly body: DataView;
}

/** Reads the messages of one datagram of `len` octets. One that is cut short ends the list. */
export function parseMessages(view: DataView, len: number): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at + NLMSGHDR_LEN <= len;) {
    const messageLen = view.getUint32(at, LITTLE_ENDIAN);
    if (messageLen < NLMSGHDR_LEN || at + messageLen > len) break;
    messages.push({
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, LITTLE_ENDIAN),
      body: new DataView(
        view.buffer,
        view.byteOffset + at + NLMSGHDR_LEN,
        messageLen - NLMSGHDR_LEN,
      ),
    });
    at += align(messageLen);
  }
  return messages;
}

/**
 * Reads the attributes of a message, each a copy.
 *
 * @param headLen Octets of the structure in front of them
 */
export function parseAttributes({ body }: Message, headLen: number): Map<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>();
  for (let at = headLen; at + RTATTR_LEN <= body.byteLength;) {
    const len = body.getUint16(at, LITTLE_ENDIAN);
    if (len < RTATTR_LEN || at + len > body.byteLength) break;
    const from = body.byteOffset + at + RTATTR_LEN;
    const data = new Uint8Array(body.buffer, from, len - RTATTR_LEN).slice();
    attributes.set(body.getUint16(at + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE, data);
    at += align(len);
  }
  return attributes;
}

/** The number in an attribute of 32 bits; undefined if there is no such attribute. */
export function u32Of(data: Uint8Array | undefined): number | undefined {
  if (data === undefined || data.length < 4) return undefined;
  return new DataView(data.buffer, data.byteOffset).getUint32(0, LITTLE_ENDIAN);
}

/**
 * Reads the kernel's answer to a request.
 *
 * @param len Octets of the answer in `view`
 * @returns errno, or 0 for success
 * @throws {RangeError} If it is not an answer
 */
export function parseAnswer(view: DataView, len: number): number {
  if (len < NLMSGHDR_LEN + 4 || view.getUint16(4, LITTLE_ENDIAN) !== NLMSG_ERROR) {
    throw new RangeError("Cannot read an answer of rtnetlink: not one");
  }
  return -view.getInt32(NLMSGHDR_LEN, LITTLE_ENDIAN);
}

/**
 * Returns errno of a message that ends a dump, 0 for a good end; undefined for all other messages.
 */
export function endOf({ type, body }: Message): number | undefined {
  if (type !== NLMSG_DONE && type !== NLMSG_ERROR) return undefined;
  return body.byteLength < 4 ? 0 : -body.getInt32(0, LITTLE_ENDIAN);
}

function aligned(headLen: number, data: Uint8Array): number {
  return align(headLen + data.length);
}

function align(len: number): number {
  return (len + 3) & ~3;
}

const NLMSGHDR_LEN = 16;
const RTATTR_LEN = 4;

/** The type without the bits for nested attributes and byte order. */
const ATTRIBUTE_TYPE = 0x3fff;
