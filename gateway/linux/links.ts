// Network devices and the addresses of this host, as rtnetlink tells them.

import {
  AF_INET,
  AF_INET6,
  IFA_ADDRESS,
  IFA_LOCAL,
  IFF_UP,
  IFLA_MTU,
  LITTLE_ENDIAN,
  NLM_F_DUMP,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
} from "./constants.ts";
import type { Kernel } from "./kernel.ts";
import { emitRequest, type Message, parseAttributes, u32Attribute, u32Of } from "./netlink.ts";
import { dump, isDone } from "./netlink_socket.ts";

/** A device. */
export interface Link {
  readonly index: number;
  readonly isUp: boolean;
  readonly mtu: number;
}

/** An address of this host. */
export interface HostAddress {
  /** Index of its device. */
  readonly index: number;
  /** 4 or 16 octets. */
  readonly octets: Uint8Array;
  /** RT_SCOPE_ value: RT_SCOPE_LINK for fe80::/10. */
  readonly scope: number;
}

/**
 * All devices.
 *
 * @param kernel With a window of 32 KiB
 */
export function listLinks(kernel: Kernel): Link[] {
  const links: Link[] = [];
  const message = emitRequest({
    type: RTM_GETLINK,
    flags: NLM_F_DUMP,
    head: new Uint8Array(IFINFOMSG_LEN),
    attributes: [],
  });
  dump(kernel, { message, action: "Cannot list devices" }, (told) => {
    if (told.type === RTM_NEWLINK) links.push(parseLink(told));
  });
  return links;
}

/** What to make of a device. */
export interface LinkChange {
  readonly index: number;
  readonly mtu?: number;
  readonly isUp?: boolean;
}

/**
 * Changes a device.
 *
 * @throws {Error} `Cannot change device 7: ENODEV`
 */
export function setLink(kernel: Kernel, { index, mtu, isUp }: LinkChange): void {
  const head = new Uint8Array(IFINFOMSG_LEN);
  const view = new DataView(head.buffer);
  view.setInt32(4, index, LITTLE_ENDIAN);
  if (isUp !== undefined) {
    view.setUint32(8, isUp ? IFF_UP : 0, LITTLE_ENDIAN);
    view.setUint32(12, IFF_UP, LITTLE_ENDIAN);
  }
  const attributes = mtu === undefined ? [] : [u32Attribute(IFLA_MTU, mtu)];
  const message = emitRequest({ type: RTM_NEWLINK, flags: 0, head, attributes });
  isDone(kernel, message, { action: `Cannot change device ${index}`, tolerated: 0 });
}

/** Reads RTM_NEWLINK and RTM_DELLINK. */
export function parseLink(message: Message): Link {
  const { body } = message;
  return {
    index: body.getInt32(4, LITTLE_ENDIAN),
    isUp: (body.getUint32(8, LITTLE_ENDIAN) & IFF_UP) !== 0,
    mtu: u32Of(parseAttributes(message, IFINFOMSG_LEN).get(IFLA_MTU)) ?? 0,
  };
}

/**
 * All addresses.
 *
 * @param kernel With a window of 32 KiB
 */
export function listAddresses(kernel: Kernel): HostAddress[] {
  const addresses: HostAddress[] = [];
  const message = emitRequest({
    type: RTM_GETADDR,
    flags: NLM_F_DUMP,
    head: new Uint8Array(IFADDRMSG_LEN),
    attributes: [],
  });
  dump(kernel, { message, action: "Cannot list addresses" }, (told) => {
    const address = told.type === RTM_NEWADDR ? parseHostAddress(told) : undefined;
    if (address !== undefined) addresses.push(address);
  });
  return addresses;
}

/** Reads RTM_NEWADDR and RTM_DELADDR; undefined for families that are not IP. */
export function parseHostAddress(message: Message): HostAddress | undefined {
  const { body } = message;
  const family = body.getUint8(0);
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const attributes = parseAttributes(message, IFADDRMSG_LEN);
  // With a peer's address, IFA_ADDRESS is the peer's.
  const octets = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (octets === undefined) return undefined;
  return { index: body.getUint32(4, LITTLE_ENDIAN), octets, scope: body.getUint8(3) };
}

const IFINFOMSG_LEN = 16;
const IFADDRMSG_LEN = 8;
