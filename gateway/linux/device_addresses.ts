// Gives addresses to a device and takes them away, through rtnetlink.

import { addressText } from "../model/address.ts";
import {
  AF_INET6,
  EADDRNOTAVAIL,
  EEXIST,
  IFA_ADDRESS,
  IFA_F_NODAD,
  IFA_LOCAL,
  LITTLE_ENDIAN,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM_DELADDR,
  RTM_NEWADDR,
} from "./constants.ts";
import type { Kernel } from "./kernel.ts";
import { emitRequest } from "./netlink.ts";
import { isDone } from "./netlink_socket.ts";
import { familyOf } from "./structs.ts";

/** An address of one host, on a device. */
export interface DeviceAddress {
  /** Interface index. */
  readonly index: number;
  /** 4 or 16 octets. */
  readonly octets: Uint8Array;
}

/**
 * Adds an address, with a prefix of its whole length: it brings no route but its own.
 *
 * @returns "existed" if the device has it already
 * @throws {Error} `Cannot add address 10.93.64.1: EPERM (needs CAP_NET_ADMIN)`
 */
export function addAddress(kernel: Kernel, address: DeviceAddress): "added" | "existed" {
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  const message = emitAddressRequest({ type: RTM_NEWADDR, flags, ...address });
  const action = `Cannot add address ${addressText(address.octets)}`;
  return isDone(kernel, message, { action, tolerated: EEXIST }) ? "added" : "existed";
}

/**
 * Removes an address.
 *
 * @returns "absent" if the device does not have it
 * @throws {Error} `Cannot remove address 10.93.64.1: EPERM (needs CAP_NET_ADMIN)`
 */
export function removeAddress(kernel: Kernel, address: DeviceAddress): "removed" | "absent" {
  const message = emitAddressRequest({ type: RTM_DELADDR, flags: 0, ...address });
  const action = `Cannot remove address ${addressText(address.octets)}`;
  return isDone(kernel, message, { action, tolerated: EADDRNOTAVAIL }) ? "removed" : "absent";
}

interface AddressRequest extends DeviceAddress {
  readonly type: number;
  readonly flags: number;
}

function emitAddressRequest(request: AddressRequest): Uint8Array<ArrayBuffer> {
  const { type, flags, index, octets } = request;
  const family = familyOf(octets);
  // Nobody else is on a TUN who could have the address (RFC 4862 §5.4).
  const how = family === AF_INET6 ? IFA_F_NODAD : 0;
  const head = Uint8Array.of(family, octets.length * 8, how, 0, 0, 0, 0, 0);
  new DataView(head.buffer).setUint32(4, index, LITTLE_ENDIAN);
  const attributes = [IFA_LOCAL, IFA_ADDRESS].map((kind) => ({ type: kind, data: octets }));
  return emitRequest({ type, flags, head, attributes });
}
