// Addresses of hosts. They are read strictly: IPv4 has four parts, IPv6 has no zone. They are
// written canonically (RFC 5952), so that equal addresses have equal texts.

import ipaddr from "ipaddr.js";

/** An IPv4 (4 octets) or IPv6 (16 octets) address. */
export interface IpAddress {
  readonly octets: Uint8Array;
  readonly text: string;
}

/** Parses an address; undefined if `text` is not one. */
export function parseAddress(text: string): IpAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return fromLibrary(ipaddr.IPv4.parse(text));
  if (!text.includes("%") && ipaddr.IPv6.isValid(text)) return fromLibrary(ipaddr.IPv6.parse(text));
  return undefined;
}

/**
 * Returns the IPv4 address that an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) stands for, and any
 * other address as it is.
 */
export function unmapped(address: IpAddress): IpAddress {
  const known = libraryAddress(address.octets);
  return isMapped(known) ? fromLibrary(known.toIPv4Address()) : address;
}

/**
 * An address of 4 or 16 octets as text: `192.0.2.1`, `2001:db8::1`. An IPv4-mapped IPv6 address is
 * written as the IPv4 address that it stands for.
 */
export function addressText(octets: Uint8Array): string {
  const known = libraryAddress(octets);
  return canonicalText(isMapped(known) ? known.toIPv4Address() : known);
}

/** An address of 4 or 16 octets as text of its own family: `::ffff:c000:201` stays one of IPv6. */
export function exactAddressText(octets: Uint8Array): string {
  return canonicalText(libraryAddress(octets));
}

/** Whether the address has 16 octets; an IPv4-mapped one has too. */
export function isV6(address: { readonly octets: Uint8Array }): boolean {
  return address.octets.length === 16;
}

/** Whether the address is in 127.0.0.0/8, mapped or not, or is ::1. */
export function isLoopback({ octets }: { readonly octets: Uint8Array }): boolean {
  return rangeName(octets) === "loopback";
}

/** Whether one host can have the address: it is neither a wildcard nor that of a group. */
export function isUnicast({ octets }: { readonly octets: Uint8Array }): boolean {
  return !["unspecified", "multicast", "broadcast"].includes(rangeName(octets));
}

/** The range of an address. A mapped IPv4 address has that of the address that it stands for. */
function rangeName(octets: Uint8Array): string {
  const known = libraryAddress(octets);
  return (isMapped(known) ? known.toIPv4Address() : known).range();
}

/** An address in the form that ipaddr.js computes with. */
export type LibraryAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** Makes that form from 4 or 16 octets. */
export function libraryAddress(octets: Uint8Array): LibraryAddress {
  return ipaddr.fromByteArray([...octets]);
}

function isMapped(address: LibraryAddress): address is ipaddr.IPv6 {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
}

function fromLibrary(address: LibraryAddress): IpAddress {
  return { octets: Uint8Array.from(address.toByteArray()), text: canonicalText(address) };
}

function canonicalText(address: LibraryAddress): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
