// Addresses in flags, files and API bodies. Strict: four-part IPv4, IPv6 without zone; the texts that come out are canonical
// (RFC 5952), so that equal addresses have equal texts.

import ipaddr from "ipaddr.js";
import type { Prefix } from "./types.ts";

/** An IPv4 (4 octets) or IPv6 (16 octets) address. */
export interface IpAddress {
  readonly octets: Uint8Array;
  readonly text: string;
}

/** Address and port; `text` has IPv6 in brackets. */
export interface SocketAddress extends IpAddress {
  readonly port: number;
  /** The address alone, without brackets. */
  readonly host: string;
}

/** Parses an address; undefined if `text` is none. */
export function parseAddress(text: string): IpAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return fromLibrary(ipaddr.IPv4.parse(text));
  if (!text.includes("%") && ipaddr.IPv6.isValid(text)) return fromLibrary(ipaddr.IPv6.parse(text));
  return undefined;
}

/** An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) as the IPv4 one that it stands for; others as they are. */
export function unmapped(address: IpAddress): IpAddress {
  const known = ipaddr.fromByteArray([...address.octets]);
  if (!(known instanceof ipaddr.IPv6) || !known.isIPv4MappedAddress()) return address;
  return fromLibrary(known.toIPv4Address());
}

/** Parses `127.0.0.1:4500` or `[::1]:4500`; undefined if `text` is neither. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (parts === null) return undefined;
  const [, inBrackets, plain, digits] = parts;
  const address = parseAddress(inBrackets ?? plain ?? "");
  const port = Number(digits);
  if (address === undefined || port > 65_535) return undefined;
  if (isV6(address) !== (inBrackets !== undefined)) return undefined;
  return {
    octets: address.octets,
    host: address.text,
    port,
    text: socketText(address.text, port),
  };
}

/** What is wrong with a prefix, in words for its user. */
export interface PrefixProblem {
  readonly problem: string;
}

/** Parses `10.93.29.0/24` or `2001:db8::/32`; a bare address is a prefix of its full length. Host bits must be zero. */
export function parsePrefix(text: string): Prefix | PrefixProblem {
  const [addressText = "", bitsText, ...rest] = text.split("/");
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0) return { problem: "must be an address prefix" };
  const bitsMax = address.octets.length * 8;
  if (bitsText !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bitsText)) {
    return { problem: `must have a length from 0 to ${bitsMax}` };
  }
  const bits = bitsText === undefined ? bitsMax : Number(bitsText);
  if (bits > bitsMax) return { problem: `must have a length from 0 to ${bitsMax}` };
  if (hasHostBits(address.octets, bits)) {
    return { problem: "must have no bits set behind its length" };
  }
  return { octets: address.octets, bits, text: `${address.text}/${bits}` };
}

/** Joins a host (no brackets) and a port. */
export function socketText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function isV6(address: { readonly octets: Uint8Array }): boolean {
  return address.octets.length === 16;
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: { readonly octets: Uint8Array }): boolean {
  return rangeOf(address) === "loopback";
}

/** An address that one host can have: not a wildcard, not a group of hosts. */
export function isUnicast(address: { readonly octets: Uint8Array }): boolean {
  return !["unspecified", "multicast", "broadcast"].includes(rangeOf(address));
}

function rangeOf(address: { readonly octets: Uint8Array }): string {
  return ipaddr.fromByteArray([...address.octets]).range();
}

function fromLibrary(address: ipaddr.IPv4 | ipaddr.IPv6): IpAddress {
  const text = address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
  return { octets: Uint8Array.from(address.toByteArray()), text };
}

function hasHostBits(octets: Uint8Array, bits: number): boolean {
  return octets.some((octet, at) => {
    const kept = Math.min(Math.max(bits - at * 8, 0), 8);
    return (octet & (0xff >> kept)) !== 0;
  });
}
