// What the two kinds of rekey share: the key exchange that is offered, and the rule for the case
// that both sides begin at once (RFC 7296 §2.8.1).

import type { KeyExchangeId, KeyPair } from "../keys/key_exchange.ts";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { findNotify, type NotifyPayload, numbersOf } from "../wire/payloads/notify.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { fraction } from "./children.ts";
import type { Context } from "./context.ts";
import type { IkeSa, Nonces } from "./ike_sa.ts";

/** The key exchange for a rekey: the IKE SA's if it is allowed, else the first that is. */
export function rekeyMethod(
  kes: readonly KeyExchangeId[],
  sa: IkeSa,
  tried: readonly KeyExchangeId[],
): KeyExchangeId | null {
  const open = kes.filter((ke) => !tried.includes(ke));
  return open.find((ke) => ke === sa.suite.ke) ?? open[0] ?? null;
}

/** A fresh private value for a method. */
export function pairOf(ke: KeyExchangeId | null): KeyPair | null {
  return ke === null ? null : KEY_EXCHANGES[ke].generate();
}

/** The method that a refusal asks for, if it is allowed and has not been tried. */
export function wantedMethod(
  notifies: readonly NotifyPayload[],
  kes: readonly KeyExchangeId[],
  tried: readonly KeyExchangeId[],
): KeyExchangeId | undefined {
  const notify = findNotify(notifies, NOTIFY.INVALID_KE_PAYLOAD);
  const [wanted] = notify === undefined ? [] : numbersOf(notify);
  return kes.find((ke) => ke === wanted && !tried.includes(ke));
}

/**
 * Whether the SA of our exchange is the one too many. It is if the lowest of the four nonces is
 * one of that exchange's; octets are compared from the first on, and a shorter one that is the
 * beginning of a longer one is lower.
 */
export function isOursRedundant(ours: Nonces, theirs: Nonces): boolean {
  const lowest = lower(lower(ours.nonceI, ours.nonceR), lower(theirs.nonceI, theirs.nonceR));
  return lowest === ours.nonceI || lowest === ours.nonceR;
}

function lower(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Buffer.compare(a, b) <= 0 ? a : b;
}

/** When a rekey that was refused for the moment is tried again: after 2 to 10 s. */
export function retryTime({ now, tools }: Context): number {
  return now + 2000 + 8000 * fraction(tools.random(4));
}

/** Octets of our nonces: at least half of the longest PRF's key (RFC 7296 §2.10). */
export const NONCE_LEN = 32;
