// Structures of the kernel's interface as octets. Numbers are in the machine's byte order, which is
// little endian on both machines we support. Port, address and flow label of a socket address are
// in wire order.
//
//   sockaddr_in    family 2 | port 2 | address 4  | zero 8                        16 octets
//   sockaddr_in6   family 2 | port 2 | flow 4     | address 16 | scope 4          28 octets
//   ifreq          name 16  | a number, or more, 24                               40 octets

import { AF_INET, AF_INET6, IFNAMSIZ, LITTLE_ENDIAN } from "./constants.ts";

/** An IPv4 (4 octets) or IPv6 (16 octets) address and a port. */
export interface InetAddress {
  readonly octets: Uint8Array;
  readonly port: number;
}

export const SOCKADDR_IN_LEN = 16;
const SOCKADDR_IN6_LEN = 28;
const IFREQ_LEN = 40;

/** The family of an address: AF_INET for 4 octets, AF_INET6 for 16. */
export function familyOf(octets: Uint8Array): number {
  return octets.length === 16 ? AF_INET6 : AF_INET;
}

/** Makes a `sockaddr_in` or `sockaddr_in6`. Only the latter has a flow label. */
export function emitSockaddr(address: InetAddress, flowLabel = 0): Uint8Array<ArrayBuffer> {
  const isV6 = address.octets.length === 16;
  const octets = new Uint8Array(isV6 ? SOCKADDR_IN6_LEN : SOCKADDR_IN_LEN);
  const view = new DataView(octets.buffer);
  view.setUint16(0, familyOf(address.octets), LITTLE_ENDIAN);
  view.setUint16(2, address.port);
  if (isV6) view.setUint32(SIN6_FLOWINFO_AT, flowLabel);
  octets.set(address.octets, isV6 ? SIN6_ADDR_AT : SIN_ADDR_AT);
  return octets;
}

/**
 * Reads a `sockaddr_in` or `sockaddr_in6`. The result is a copy.
 *
 * @throws {RangeError} If it is of another family
 */
export function parseSockaddr(view: DataView): InetAddress {
  const port = view.getUint16(2);
  switch (view.getUint16(0, LITTLE_ENDIAN)) {
    case AF_INET:
      return { octets: copied(view, SIN_ADDR_AT, 4), port };
    case AF_INET6:
      return { octets: copied(view, SIN6_ADDR_AT, 16), port };
    default:
      throw new RangeError(
        `Cannot read a socket address: family ${view.getUint16(0, LITTLE_ENDIAN)}`,
      );
  }
}
/**
 * Makes an `ifreq` for the device `name`. `value` becomes the first number of its union: flags, MTU
 * or index.
 *
 * @throws {RangeError} If the name is empty or longer than 15 octets
 */
export function emitIfreq(name: string, value: number): Uint8Array<ArrayBuffer> {
  const nameOctets = new TextEncoder().encode(name);
  if (nameOctets.length === 0 || nameOctets.length >= IFNAMSIZ) {
    throw new RangeError(`Cannot name a network device "${name}": must be 1 to 15 octets long`);
  }
  const octets = new Uint8Array(IFREQ_LEN);
  octets.set(nameOctets);
  new DataView(octets.buffer).setInt32(IFREQ_VALUE_AT, value, LITTLE_ENDIAN);
  return octets;
}

function copied(view: DataView, at: number, len: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, len).slice();
}

const SIN_ADDR_AT = 4;
const SIN6_FLOWINFO_AT = 4;
const SIN6_ADDR_AT = 8;

/** Offset of the union in an `ifreq`. */
export const IFREQ_VALUE_AT: number = IFNAMSIZ;
