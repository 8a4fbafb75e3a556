// Addresses of hosts. Texts are read strictly: four-part IPv4, IPv6 without zone. The texts that
// come out are canonical (RFC 5952), so that equal addresses have equal texts.

import ipaddr from "ipaddr.js";

/** An IPv4 (4 octets) or IPv6 (16 octets) address. */
export interface IpAddress {
  readonly octets: Uint8Array;
  readonly text: string;
}

/** Parses an address; undefined if `text` is none. */
export function parseAddress(text: string): IpAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return fromLibrary(ipaddr.IPv4.parse(text));
  if (!text.includes("%") && ipaddr.IPv6.isValid(text)) return fromLibrary(ipaddr.IPv6.parse(text));
  return undefined;
}

/**
 * The IPv4 address that an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) stands for; other addresses
 * as they are.
 */
export function unmapped(address: IpAddress): IpAddress {
  const known = libraryAddress(address.octets);
  return isMapped(known) ? fromLibrary(known.toIPv4Address()) : address;
}

/** `192.0.2.1`, `2001:db8::1`; an IPv4-mapped IPv6 address as the IPv4 one that it stands for. */
export function addressText(octets: Uint8Array): string {
  const known = libraryAddress(octets);
  return canonicalText(isMapped(known) ? known.toIPv4Address() : known);
}

export function isV6(address: { readonly octets: Uint8Array }): boolean {
  return address.octets.length === 16;
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback({ octets }: { readonly octets: Uint8Array }): boolean {
  return libraryAddress(octets).range() === "loopback";
}

/** An address that one host can have: not a wildcard, not a group of hosts. */
export function isUnicast({ octets }: { readonly octets: Uint8Array }): boolean {
  return !["unspecified", "multicast", "broadcast"].includes(libraryAddress(octets).range());
}

export type LibraryAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** An address of 4 or 16 octets as the library computes with it. */
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
