// Additional key exchanges in proposals (RFC 9370 §2.2.1). One is supported, the first; of the
// other six types NONE alone can be chosen.

import { KEY_EXCHANGE_IDS, type KeyExchangeId } from "../keys/key_exchange.ts";
import { KE, TRANSFORM } from "../wire/constants.ts";
import type { Proposal, Transform } from "../wire/payloads/sa.ts";
import type { AdditionalKe } from "./suite.ts";

/** A part of a suite: `ke1`, or nothing. */
interface Part {
  readonly ke1?: KeyExchangeId;
}

/**
 * Chooses among what a proposal has. A type that the peer leaves out stands for NONE.
 *
 * @param policy `ke1s` in the order of preference
 * @param ke The method of the first key exchange; no method comes twice
 * @returns undefined if none fits. `at` is lower for what is preferred
 */
export function chooseAdditional(
  { transforms }: Proposal,
  { policy, ke }: {
    readonly policy: { readonly ke1s?: readonly AdditionalKe[] };
    readonly ke: KeyExchangeId | null;
  },
): { readonly value: Part; readonly at: number } | undefined {
  const others = transforms.filter(({ type }) =>
    isAdditionalKe(type) && type !== TRANSFORM.ADDITIONAL_KE_1
  );
  const isFree = others.every(({ type }) => others.some((one) => one.type === type && isNone(one)));
  if (!isFree) return undefined;
  const first = transforms.filter(({ type }) => type === TRANSFORM.ADDITIONAL_KE_1);
  const offered: readonly number[] = first.length === 0 ? [KE.NONE] : first.map(({ id }) => id);
  const allowed = policy.ke1s === undefined || policy.ke1s.length === 0 ? [KE.NONE] : policy.ke1s;
  const at = allowed.findIndex((id) =>
    offered.includes(id) && (id === KE.NONE || (ke !== null && id !== ke))
  );
  const id = allowed[at];
  if (id === undefined) return undefined;
  return { value: id === KE.NONE ? {} : { ke1: id }, at };
}

/** The transforms of an answer: the method, and NONE for each other type that was offered. */
export function additionalTransforms(
  ke1: KeyExchangeId | undefined,
  offered: readonly Transform[],
): Transform[] {
  const types = new Set(offered.map(({ type }) => type).filter(isAdditionalKe));
  if (ke1 !== undefined) types.add(TRANSFORM.ADDITIONAL_KE_1);
  return [...types].map((type) => {
    const id = type === TRANSFORM.ADDITIONAL_KE_1 ? ke1 ?? KE.NONE : KE.NONE;
    return { type, id, keyBits: null, isForeign: false };
  });
}

/**
 * The part of a suite that an accepted answer has.
 *
 * @returns undefined for a method that is not ours, or the same as the first (RFC 9370 §2.2.1)
 */
export function additionalOf(
  transforms: readonly Transform[],
  ke: KeyExchangeId | null,
): Part | undefined {
  const chosen = transforms.filter((one) => isAdditionalKe(one.type) && !isNone(one));
  const [first, second] = chosen;
  if (first === undefined) return {};
  const isOurs = first.type === TRANSFORM.ADDITIONAL_KE_1 && second === undefined;
  const ke1 = KEY_EXCHANGE_IDS.find((id) => id === first.id);
  return isOurs && ke1 !== undefined && ke !== null && ke1 !== ke ? { ke1 } : undefined;
}

/** Whether a type of transform is one of the seven. */
export function isAdditionalKe(type: number): boolean {
  return type >= TRANSFORM.ADDITIONAL_KE_1 && type <= TRANSFORM.ADDITIONAL_KE_7;
}

function isNone({ id }: Transform): boolean {
  return id === KE.NONE;
}
