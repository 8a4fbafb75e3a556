// What came instead of the stream prefix, named by its first six octets. The name is for people:
// the connection is closed whatever it is. The octets travel from the lane to the shell as one
// number in the event of the close.

import { STREAM_PREFIX, STREAM_PREFIX_LEN } from "./stream_prefix.ts";

/** Names of what may come, from a fixed list. */
export const FOREIGN_NAMES = [
  "http",
  "tls",
  "proxy_v1",
  "proxy_v2",
  "ssh",
  "ike_without_prefix",
  "udp_encapsulation",
  "second_originator",
  "unknown",
] as const;

/** The name of a protocol by its first octets. */
export type ForeignName = (typeof FOREIGN_NAMES)[number];

/**
 * Returns what begins with `octets`; `unknown` if nothing that we know does.
 *
 * @param octets Up to six
 */
export function foreignName(octets: Uint8Array): ForeignName {
  const hex = hexText(octets);
  const text = String.fromCharCode(...octets);
  return SIGNS.find(([, pattern]) => pattern.test(text) || pattern.test(hex))?.[0] ?? "unknown";
}

/** Octets in hexadecimal, two digits each. */
export function hexText(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** Patterns of text, or of lower-case hexadecimal, which no text of six octets can look like. */
const SIGNS: readonly (readonly [ForeignName, RegExp])[] = [
  // RFC 9112 §3, RFC 9113 §3.4; the longest methods end behind the six octets.
  ["http", /^(?:GET|PUT|PRI|HEAD|POST|PATCH|TRACE) |^(?:DELETE|OPTION|CONNEC)/],
  // RFC 8446 §5.1 and §4: a handshake record of any version, with a ClientHello in it.
  ["tls", /^16030[0-4].{4}01$/],
  // The PROXY protocol, §2.1 and §2.2.
  ["proxy_v1", /^PROXY $/],
  ["proxy_v2", /^0d0a0d0a000d$/],
  // RFC 4253 §4.2.
  ["ssh", /^SSH-/],
  // RFC 9329 §3.1: a Length field and the marker, as behind a stream prefix. An IKE message is not
  // shorter than its header, so the Length is 34 or more.
  ["ike_without_prefix", /^(?!00[01].|002[01])[0-9a-f]{4}00000000$/],
  // RFC 3948 §2.2: the marker and an SPI, as on UDP.
  ["udp_encapsulation", /^00000000(?!0000)[0-9a-f]{4}$/],
  // RFC 9329 §4: this side is the originator, too.
  ["second_originator", /^IKETCP$/],
];

/**
 * Packs the first octets of a stream into a number, with their count.
 *
 * @param matched Octets of the stream prefix that came before
 * @param rest What came behind them
 */
export function packForeign(matched: number, rest: Uint8Array): number {
  const room = STREAM_PREFIX_LEN - matched;
  const octets = [...STREAM_PREFIX.subarray(0, matched), ...rest.subarray(0, room)];
  return octets.reduce((packed, octet) => packed * 256 + octet, 0) + octets.length * COUNT_UNIT;
}

/** Returns the octets of a number that `packForeign` has made; none of 0. */
export function unpackForeign(packed: number): Uint8Array {
  const octets = new Uint8Array(Math.floor(packed / COUNT_UNIT));
  let left = packed % COUNT_UNIT;
  for (let i = octets.length - 1; i >= 0; i--) {
    octets[i] = left % 256;
    left = Math.floor(left / 256);
  }
  return octets;
}

/** Six octets take 48 bits; the count stands above them, all below 2^53. */
const COUNT_UNIT = 2 ** 48;
