// rtnetlink messages for routes (RFC 3549 §2.3.2, §3.1.1). Numbers are in the machine's byte order,
// addresses in wire order.
//
//   nlmsghdr   len 4 | type 2 | flags 2 | sequence 4 | port 4
//   rtmsg      family 1 | dst bits 1 | src bits 1 | tos 1 | table 1 | protocol 1 | scope 1 | type 1
//              | flags 4
//   rtattr     len 2 | type 2 | data, padded to 4      here: RTA_DST, then RTA_OIF
//   answer     nlmsghdr | minus errno 4 | the request's nlmsghdr

import {
  AF_INET6,
  LITTLE_ENDIAN,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_ERROR,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_OIF,
  RTN_UNICAST,
  RTPROT_STATIC,
} from "./constants.ts";
import { familyOf } from "./structs.ts";

/** A request about one route. */
export interface RouteRequest {
  /** RTM_NEWROUTE or RTM_DELROUTE. */
  readonly type: number;
  /** NLM_F_CREATE and the like. NLM_F_REQUEST and NLM_F_ACK are added. */
  readonly flags: number;
  /** Destination: 4 or 16 octets, and how many of their bits make up the prefix. */
  readonly octets: Uint8Array;
  readonly bits: number;
  /** Index of the device that the route goes through. */
  readonly index: number;
}

/** Makes a request to add or remove a route of the main table. */
export function emitRouteRequest(request: RouteRequest): Uint8Array<ArrayBuffer> {
  const { type, flags, octets, bits, index } = request;
  const family = familyOf(octets);
  const destinationLen = RTATTR_LEN + octets.length;
  const len = ROUTE_LEN + destinationLen + RTATTR_LEN + 4;
  const message = new Uint8Array(len);
  const view = new DataView(message.buffer);
  view.setUint32(0, len, LITTLE_ENDIAN);
  view.setUint16(4, type, LITTLE_ENDIAN);
  view.setUint16(6, flags | NLM_F_REQUEST | NLM_F_ACK, LITTLE_ENDIAN);
  // An IPv6 route has no scope. An IPv4 route without a gateway has the scope of its link.
  const scope = family === AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  const route = [family, bits, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, RTN_UNICAST];
  message.set(route, NLMSGHDR_LEN);
  view.setUint16(ROUTE_LEN, destinationLen, LITTLE_ENDIAN);
  view.setUint16(ROUTE_LEN + 2, RTA_DST, LITTLE_ENDIAN);
  message.set(octets, ROUTE_LEN + RTATTR_LEN);
  const deviceAt = ROUTE_LEN + destinationLen;
  view.setUint16(deviceAt, RTATTR_LEN + 4, LITTLE_ENDIAN);
  view.setUint16(deviceAt + 2, RTA_OIF, LITTLE_ENDIAN);
  view.setUint32(deviceAt + RTATTR_LEN, index, LITTLE_ENDIAN);
  return message;
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

const NLMSGHDR_LEN = 16;
const RTATTR_LEN = 4;

/** nlmsghdr and rtmsg together. */
const ROUTE_LEN = 28;
