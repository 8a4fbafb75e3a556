// Prefixes of addresses, and everything that is computed with them.

import ipaddr from "ipaddr.js";
import * as z from "zod";
import {
  exactAddressText,
  type IpAddress,
  type LibraryAddress,
  libraryAddress,
  parseAddress,
} from "./address.ts";
import { requiredText } from "./required.ts";
import { type ParsedText, textCodec } from "./text_codec.ts";
import type { Value } from "./value.ts";

const VALUE = z.object({
  /** 4 or 16 octets; host bits are zero. */
  octets: z.custom<Uint8Array>((octets) => octets instanceof Uint8Array),
  bits: z.int(),
  /** Canonical (RFC 5952), with the length: `10.93.29.0/24`. */
  text: z.string(),
});

/** A prefix of IPv4 or IPv6 addresses. */
export type Prefix = Value<typeof VALUE>;

/**
 * Parses `10.93.29.0/24` or `2001:db8::/32`. An address without a length is a prefix of its full
 * length. Host bits must be zero.
 */
export function parsePrefix(text: string): ParsedText<Prefix> {
  const [address, bitsText, ...rest] = text.split("/");
  const parsed = parseAddress(address ?? "");
  if (parsed === undefined || rest.length > 0) return { problem: PROBLEM };
  const bitsMax = parsed.octets.length * 8;
  const bits = bitsText === undefined ? bitsMax : Number(bitsText);
  if (!LENGTH.test(bitsText ?? "0") || bits > bitsMax) {
    return { problem: `must have a length from 0 to ${bitsMax}` };
  }
  const prefix = makePrefix(parsed.octets, bits);
  return hasHostBits(prefix)
    ? { problem: "must have no bits set behind its length" }
    : { value: prefix };
}

/**
 * Makes a prefix of octets that have no host bits.
 *
 * @param octets 4 or 16 octets
 * @param bits From 0 to the bits of the address
 */
export function makePrefix(octets: Uint8Array, bits: number): Prefix {
  return { octets, bits, text: `${exactAddressText(octets)}/${bits}` };
}

const LENGTH = /^(0|[1-9]\d{0,2})$/;
const PROBLEM = "must be an address prefix";

const CODEC = textCodec(requiredText(PROBLEM), VALUE, {
  parse: parsePrefix,
  emit: ({ text }) => text,
});

/** A prefix in bodies and files. */
export const PREFIX = CODEC.meta({
  type: "string",
  format: "address-prefix",
  examples: ["10.93.29.0/24", "2001:db8::/64"],
});

/** Prefixes in answers. */
export const SHOWN_PREFIXES = z.array(CODEC).readonly();

/** The form in which prefixes are compared. Keep it where you compare one often. */
export type AddressRange = readonly [first: LibraryAddress, bits: number];

/** Makes that form of a prefix. */
export function rangeOf({ octets, bits }: Pick<Prefix, "octets" | "bits">): AddressRange {
  return [libraryAddress(octets), bits];
}

/** Whether two ranges share an address. Host bits are zero, so the shorter prefix decides. */
export function overlaps([a, aBits]: AddressRange, [b, bBits]: AddressRange): boolean {
  return a.kind() === b.kind() && a.match([b, Math.min(aBits, bBits)]);
}

/** Whether an address lies in one of the prefixes. */
export function contains(prefixes: readonly Prefix[], { octets }: IpAddress): boolean {
  const one = rangeOf({ octets, bits: octets.length * 8 });
  return prefixes.some((prefix) => overlaps(rangeOf(prefix), one));
}

function hasHostBits({ octets, text }: Prefix): boolean {
  const { IPv4, IPv6 } = ipaddr;
  const network = (octets.length === 4 ? IPv4 : IPv6).networkAddressFromCIDR(text);
  return network.toByteArray().some((octet, at) => octet !== octets[at]);
}
