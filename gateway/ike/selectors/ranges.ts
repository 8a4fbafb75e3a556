// Ranges of addresses, in which traffic selectors speak (RFC 7296 §3.13.1), and the prefixes that
// they are made of, in which SAs speak.

import { makePrefix, type Prefix } from "../../model/prefix.ts";

/** Addresses of one family from the first to the last, both included. */
export interface AddressSpan {
  /** Bits of an address: 32 or 128. */
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
}

/** The span between two addresses; undefined if they are out of order or of different families. */
export function spanOf(first: Uint8Array, last: Uint8Array): AddressSpan | undefined {
  if (first.length !== last.length) return undefined;
  const span = { bits: bitsOf(first), first: numberOf(first), last: numberOf(last) };
  return span.first <= span.last ? span : undefined;
}

/** The span of a prefix. */
export function spanOfPrefix({ octets, bits }: Prefix): AddressSpan {
  const first = numberOf(octets);
  const width = bitsOf(octets);
  return { bits: width, first, last: first + (1n << BigInt(width - bits)) - 1n };
}

/** What two spans share; undefined if that is nothing. */
export function intersection(a: AddressSpan, b: AddressSpan): AddressSpan | undefined {
  if (a.bits !== b.bits) return undefined;
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  return first <= last ? { bits: a.bits, first, last } : undefined;
}

/** The same addresses in the fewest spans, IPv4 first, in ascending order. */
export function merged(spans: readonly AddressSpan[]): AddressSpan[] {
  const sorted = [...spans].sort((a, b) => a.bits - b.bits || compare(a.first, b.first));
  const result: AddressSpan[] = [];
  for (const span of sorted) {
    const before = result.at(-1);
    if (before === undefined || before.bits !== span.bits || span.first > before.last + 1n) {
      result.push(span);
    } else if (span.last > before.last) {
      result[result.length - 1] = { ...before, last: span.last };
    }
  }
  return result;
}

/** The fewest prefixes that make up a span, in ascending order: at most 2 for each bit. */
export function prefixesOf({ bits, first, last }: AddressSpan): Prefix[] {
  const prefixes: Prefix[] = [];
  for (let at = first; at <= last;) {
    const size = largestAt(at, last, bits);
    prefixes.push(prefixAt(at, bits, size));
    at += 1n << size;
  }
  return prefixes;
}

/** Number of free bits of the largest prefix that begins at `at` and ends at `last` or before. */
function largestAt(at: bigint, last: bigint, bits: number): bigint {
  let size = 0n;
  const max = BigInt(bits);
  while (size < max && at % (2n << size) === 0n && at + (2n << size) - 1n <= last) size++;
  return size;
}

function prefixAt(at: bigint, bits: 32 | 128, size: bigint): Prefix {
  return makePrefix(octetsOf(at, bits), bits - Number(size));
}

/** The octets of an address: 4 or 16. */
export function octetsOf(number: bigint, bits: 32 | 128): Uint8Array {
  return Uint8Array.from(Buffer.from(number.toString(16).padStart(bits / 4, "0"), "hex"));
}

function bitsOf(octets: Uint8Array): 32 | 128 {
  return octets.length === 4 ? 32 : 128;
}

function numberOf(octets: Uint8Array): bigint {
  return octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
