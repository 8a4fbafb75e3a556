// Narrows the traffic selectors that a peer offers to the policy (RFC 7296 §2.9). SAs have prefixes
// and neither protocols nor ports. So the result is prefixes, and the answer is made of them: both
// sides then hold the same.

import type { Prefix } from "../../model/prefix.ts";
import {
  type AddressSpan,
  intersection,
  merged,
  prefixesOf,
  spanOf,
  spanOfPrefix,
} from "./ranges.ts";

/** A traffic selector as a peer offers it (RFC 7296 §3.13.1). */
export interface OfferedSelector {
  /** IP protocol; 0 is any. */
  readonly protocol: number;
  readonly fromPort: number;
  readonly toPort: number;
  /** First and last address: 4 or 16 octets each. */
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** One side's selectors after narrowing. */
export interface Narrowed {
  /** 1 to `SIDE_MAX` prefixes inside the policy and inside the offer. */
  readonly prefixes: readonly Prefix[];
  /** Whether more addresses are in both than the prefixes hold. */
  readonly hasMore: boolean;
}

/** Most prefixes of one side of a Child SA. */
export const SIDE_MAX = 8;

const PORT_MAX = 65_535;

/**
 * Narrows one side's selectors.
 *
 * A selector with a protocol or ports is passed over, because an answer without them would be wider
 * than the offer. Initiators often put the addresses of a packet first, with its ports, and the
 * wide selector behind it. The prefixes that hold that packet come first then.
 *
 * @param offer The peer's selectors, in its order
 * @param policy Prefixes that this side allows
 * @returns undefined if nothing is in both: TS_UNACCEPTABLE
 */
export function narrow(
  offer: readonly OfferedSelector[],
  policy: readonly Prefix[],
): Narrowed | undefined {
  const spans = offer.filter(isAnyTraffic).map(spanOfSelector).filter(isDefined);
  const shared = merged(
    spans.flatMap((span) =>
      policy.map((prefix) => intersection(span, spanOfPrefix(prefix))).filter(isDefined)
    ),
  );
  const prefixes = shared.flatMap(prefixesOf);
  if (prefixes.length === 0) return undefined;
  if (prefixes.length <= SIDE_MAX) return { prefixes, hasMore: false };
  return { prefixes: mostWanted(prefixes, offer[0]), hasMore: true };
}

/**
 * Whether a responder's selectors are inside what was offered (RFC 7296 §2.9): each of its spans
 * lies in the prefixes as a whole.
 */
export function isInside(answer: readonly OfferedSelector[], offered: readonly Prefix[]): boolean {
  return answer.every((selector) => {
    const span = isAnyTraffic(selector) ? spanOfSelector(selector) : undefined;
    if (span === undefined) return false;
    const parts = offered.map((prefix) => intersection(span, spanOfPrefix(prefix)));
    const [part, ...others] = merged(parts.filter(isDefined));
    return others.length === 0 && part?.first === span.first && part.last === span.last;
  });
}

/** Whether a selector leaves protocol and ports open. "Opaque" ports are the pair 65535, 0. */
function isAnyTraffic({ protocol, fromPort, toPort }: OfferedSelector): boolean {
  return protocol === 0 && fromPort === 0 && toPort === PORT_MAX;
}

function spanOfSelector({ from, to }: OfferedSelector): AddressSpan | undefined {
  return spanOf(from, to);
}

/** The prefixes that hold addresses of the first selector, then the largest of the others. */
function mostWanted(prefixes: readonly Prefix[], first: OfferedSelector | undefined): Prefix[] {
  const packet = first === undefined ? undefined : spanOfSelector(first);
  const ranked = prefixes.map((prefix) => {
    const span = spanOfPrefix(prefix);
    const isFirst = packet !== undefined && intersection(span, packet) !== undefined;
    return { prefix, isFirst, freeBits: span.bits - prefix.bits };
  });
  ranked.sort((a, b) => Number(b.isFirst) - Number(a.isFirst) || b.freeBits - a.freeBits);
  return ranked.slice(0, SIDE_MAX).map(({ prefix }) => prefix);
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
