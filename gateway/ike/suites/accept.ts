// What an initiator accepts of a responder's choice: one proposal, made of what was offered.

import { ESN, KE, TRANSFORM } from "../wire/constants.ts";
import type { Proposal, Transform } from "../wire/payloads/sa.ts";
import { additionalOf, isAdditionalKe } from "./additional_ke.ts";
import { cipherOf, keyExchangeOf, prfOf } from "./choose.ts";
import type { EspSuite, IkeSuite } from "./suite.ts";

/**
 * The one proposal of an answer, if it takes one transform of each type of a proposal that was
 * made, and nothing else (RFC 7296 §2.7).
 *
 * @param offered What this side proposed
 */
export function accepted(
  answer: readonly Proposal[],
  offered: readonly Proposal[],
): Proposal | undefined {
  const [chosen, ...others] = answer;
  if (chosen === undefined || others.length > 0) return undefined;
  const offer = offered.find(({ number }) => number === chosen.number);
  if (offer === undefined || offer.protocol !== chosen.protocol) return undefined;
  const count = (type: number): number =>
    chosen.transforms.filter((one) => one.type === type).length;
  const isWhole = offer.transforms.every(({ type }) =>
    count(type) === 1 || (count(type) === 0 && isOptional(type, offer.transforms))
  );
  const isOffered = chosen.transforms.every((one) =>
    offer.transforms.some((other) => isSame(one, other))
  );
  return isWhole && isOffered ? chosen : undefined;
}

/** Whether a type may be left out of an answer: NONE, which is 0, is among what was offered. */
function isOptional(type: number, offered: readonly Transform[]): boolean {
  const hasNone = type === TRANSFORM.KE || type === TRANSFORM.INTEG || isAdditionalKe(type);
  return hasNone && offered.some((one) => one.type === type && one.id === KE.NONE);
}

function isSame(a: Transform, b: Transform): boolean {
  return a.type === b.type && a.id === b.id && a.keyBits === b.keyBits && !a.isForeign;
}

/** The suite of an accepted proposal for an IKE SA; undefined if this side lacks a part of it. */
export function ikeSuiteOf({ transforms }: Proposal): IkeSuite | undefined {
  const [encr, prf, ke] = [TRANSFORM.ENCR, TRANSFORM.PRF, TRANSFORM.KE].map((type) =>
    transforms.find((one) => one.type === type)
  );
  if (encr === undefined || prf === undefined || ke === undefined) return undefined;
  const [cipher, prfId, keId] = [cipherOf(encr), prfOf(prf.id), keyExchangeOf(ke.id)];
  const more = additionalOf(transforms, keId ?? null);
  if (cipher === undefined || prfId === undefined || keId === undefined) return undefined;
  return more && { ...cipher, prf: prfId, ke: keId, ...more };
}

/** The suite of an accepted proposal for a Child SA. */
export function espSuiteOf({ transforms }: Proposal): EspSuite | undefined {
  const [encr, esn, ke] = [TRANSFORM.ENCR, TRANSFORM.ESN, TRANSFORM.KE].map((type) =>
    transforms.find((one) => one.type === type)
  );
  const cipher = encr === undefined ? undefined : cipherOf(encr);
  const keId = ke === undefined || ke.id === KE.NONE ? null : keyExchangeOf(ke.id);
  const more = additionalOf(transforms, keId ?? null);
  if (cipher === undefined || esn === undefined || keId === undefined) return undefined;
  return more && { ...cipher, hasEsn: esn.id === ESN.YES, ke: keId, ...more };
}
