// The choice among what a peer proposes (RFC 7296 §2.7, §3.3): one proposal, and one transform of
// each of its types. This side's preference counts before the peer's.

import { KEY_EXCHANGE_IDS, type KeyExchangeId } from "../keys/key_exchange.ts";
import type { PrfId } from "../keys/prf.ts";
import { ENCR, ESN, KE, TRANSFORM } from "../wire/constants.ts";
import type { Proposal, Transform } from "../wire/payloads/sa.ts";
import { additionalTransforms, chooseAdditional } from "./additional_ke.ts";
import type { AdditionalKe, Cipher, EspPolicy, EspSuite, IkePolicy, IkeSuite } from "./suite.ts";

/** A suite, and the proposal that it is of. */
export interface Chosen<Suite> {
  readonly suite: Suite;
  /** The proposal as the peer made it: its number and its SPI. */
  readonly proposal: Proposal;
}

/** The proposals of a request for an IKE SA. */
export interface IkeOffer {
  /** Those that can be read (`gateway/ike/wire/proposals.ts`). */
  readonly proposals: readonly Proposal[];
  /** The method of the KE payload that came. */
  readonly ke: number;
}

/**
 * Chooses the suite of an IKE SA. A key exchange for which data has come is taken before a better
 * one, because that saves a round trip.
 *
 * @returns undefined if none fits: NO_PROPOSAL_CHOSEN. If the suite's `ke` is not the offer's, the
 *   answer is INVALID_KE_PAYLOAD
 */
export function chooseIke(offer: IkeOffer, policy: IkePolicy): Chosen<IkeSuite> | undefined {
  const kes = [...policy.kes].sort((a, b) => Number(b === offer.ke) - Number(a === offer.ke));
  return best(offer.proposals, (proposal) => {
    const types = sorted(proposal);
    const cipher = first(policy.ciphers, (one) => types.of(TRANSFORM.ENCR).some(isCipher(one)));
    const prf = first(policy.prfs, (id) => types.of(TRANSFORM.PRF).some(hasId(id)));
    const ke = first(kes, (id) => types.of(TRANSFORM.KE).some(hasId(id)));
    if (cipher === undefined || prf === undefined || ke === undefined) return undefined;
    const more = chooseAdditional(proposal, { policy, ke: ke.value });
    if (more === undefined) return undefined;
    const suite = { ...cipher.value, prf: prf.value, ke: ke.value, ...more.value };
    return { suite, rank: [more.at, cipher.at, prf.at, ke.at] };
  });
}

/** The proposals of a request for a Child SA. */
export interface EspOffer {
  /** Those that can be read. */
  readonly proposals: readonly Proposal[];
  /**
   * The method of the KE payload that came; null if none came. "first" stands for the first Child
   * SA of an IKE SA, which has no key exchange, whatever it proposes (RFC 7296 §1.2).
   */
  readonly ke: number | null | "first";
}

/**
 * Chooses the suite of a Child SA.
 *
 * A proposal with key exchanges needs one of them, unless NONE is among them. One without has none:
 * no method is borrowed from the IKE SA.
 *
 * @returns As {@link chooseIke}
 */
export function chooseEsp(offer: EspOffer, policy: EspPolicy): Chosen<EspSuite> | undefined {
  return best(offer.proposals, (proposal) => {
    const types = sorted(proposal);
    const cipher = first(policy.ciphers, (one) => types.of(TRANSFORM.ENCR).some(isCipher(one)));
    const esn = first(policy.esn, (hasEsn) => offersEsn(types.of(TRANSFORM.ESN), hasEsn));
    const ke = chooseChildKe(types.of(TRANSFORM.KE), offer.ke, policy.kes);
    if (cipher === undefined || esn === undefined || ke === undefined) return undefined;
    const isFirst = offer.ke === "first";
    const more = chooseAdditional(proposal, { policy: isFirst ? {} : policy, ke: ke.value });
    if (more === undefined) return undefined;
    const suite = { ...cipher.value, hasEsn: esn.value, ke: ke.value, ...more.value };
    return { suite, rank: [more.at, cipher.at, esn.at, ke.at] };
  });
}

/**
 * The transforms of a proposal for a suite.
 *
 * @param offered The proposal that the suite was chosen of, where additional key exchanges can be
 */
export function transformsOf(suite: IkeSuite | EspSuite, offered?: Proposal): Transform[] {
  const { encr, keyBits, ke } = suite;
  const transforms = [transform(TRANSFORM.ENCR, encr, keyBits)];
  if ("prf" in suite) transforms.push(transform(TRANSFORM.PRF, suite.prf));
  if (ke !== null) transforms.push(transform(TRANSFORM.KE, ke));
  if ("hasEsn" in suite) transforms.push(transform(TRANSFORM.ESN, esnId(suite.hasEsn)));
  return [...transforms, ...additionalTransforms(suite.ke1, offered?.transforms ?? [])];
}

/** What all proposals of an offer have. */
export interface OfferHead {
  readonly protocol: number;
  readonly spi: Uint8Array;
  readonly kes: readonly number[];
  /** Additional key exchanges; left out where none can be. */
  readonly ke1s?: readonly AdditionalKe[] | undefined;
}

/**
 * What a side proposes. Algorithms with and without a key length have a proposal each, because
 * some peers read a mixture wrongly. So have suites with and without an additional key exchange: a
 * peer that does not know these has to pass over what they stand in (RFC 9370 §2.2.1).
 */
export function proposalsOf(policy: IkePolicy | EspPolicy, head: OfferHead): Proposal[] {
  const plain = plainProposals(policy, head);
  const ke1s = (head.ke1s ?? []).filter((id) => id !== KE.NONE);
  const kes = head.kes.filter((id) => id !== KE.NONE);
  if (ke1s.length === 0 || kes.length === 0) return plain;
  const more = ke1s.map((id) => transform(TRANSFORM.ADDITIONAL_KE_1, id));
  const hybrid = plainProposals(policy, { ...head, kes })
    .map((one) => ({ ...one, transforms: [...one.transforms, ...more] }));
  const all = head.ke1s?.includes(KE.NONE) ? [...hybrid, ...plain] : hybrid;
  return all.map((one, index) => ({ ...one, number: index + 1 }));
}

function plainProposals(policy: IkePolicy | EspPolicy, head: OfferHead): Proposal[] {
  const ids = [...new Set(policy.ciphers.map(({ encr }) => encr))];
  const kes = head.kes.map((id) => transform(TRANSFORM.KE, id));
  const others = "prfs" in policy
    ? policy.prfs.map((id) => transform(TRANSFORM.PRF, id))
    : policy.esn.map((hasEsn) => transform(TRANSFORM.ESN, esnId(hasEsn)));
  return ids.map((id, index) => ({
    number: index + 1,
    protocol: head.protocol,
    spi: head.spi,
    transforms: [
      ...policy.ciphers.filter(({ encr }) => encr === id)
        .map(({ encr, keyBits }) => transform(TRANSFORM.ENCR, encr, keyBits)),
      ...others,
      ...kes,
    ],
  }));
}

function transform(type: number, id: number, keyBits: number | null = null): Transform {
  return { type, id, keyBits, isForeign: false };
}

function esnId(hasEsn: boolean): number {
  return hasEsn ? ESN.YES : ESN.NO;
}

/** A suite and how much it is wanted: lower is better, the first number that differs decides. */
interface Ranked<Suite> {
  readonly suite: Suite;
  readonly rank: readonly number[];
}

/** Takes the best suite. Of equal ones the peer's earlier one counts. */
function best<Suite>(
  proposals: readonly Proposal[],
  suiteOf: (proposal: Proposal) => Ranked<Suite> | undefined,
): Chosen<Suite> | undefined {
  let chosen: (Chosen<Suite> & Ranked<Suite>) | undefined;
  for (const proposal of proposals) {
    const ranked = suiteOf(proposal);
    if (ranked === undefined) continue;
    if (chosen === undefined || isBetter(ranked.rank, chosen.rank)) {
      chosen = { ...ranked, proposal };
    }
  }
  return chosen;
}

function isBetter(rank: readonly number[], other: readonly number[]): boolean {
  const at = rank.findIndex((value, i) => value !== other[i]);
  return at >= 0 && (rank[at] ?? 0) < (other[at] ?? 0);
}

/** A proposal's transforms by type. */
interface Types {
  of(type: number): readonly Transform[];
}

function sorted({ transforms }: Proposal): Types {
  return { of: (type) => transforms.filter((one) => one.type === type) };
}

function isCipher({ encr, keyBits }: Cipher): (transform: Transform) => boolean {
  return (one) => one.id === encr && one.keyBits === keyBits;
}

function hasId(id: number): (transform: Transform) => boolean {
  return (one) => one.id === id;
}

/** Without a transform of this type numbers have 32 bits. RFC 7296 §3.3.3 wants one. */
function offersEsn(transforms: readonly Transform[], hasEsn: boolean): boolean {
  return transforms.length === 0 ? !hasEsn : transforms.some(hasId(esnId(hasEsn)));
}

/** The value of `ke` in a suite, and its rank. */
function chooseChildKe(
  transforms: readonly Transform[],
  came: EspOffer["ke"],
  kes: readonly KeyExchangeId[],
): { readonly value: KeyExchangeId | null; readonly at: number } | undefined {
  const mayBeNone = transforms.length === 0 || transforms.some(hasId(KE.NONE));
  if (came === "first") return { value: null, at: 0 };
  const preferred = [...kes].sort((a, b) => Number(b === came) - Number(a === came));
  const wanted = came === null && mayBeNone
    ? undefined
    : first(preferred, (id) => transforms.some(hasId(id)));
  return wanted ?? (mayBeNone ? { value: null, at: kes.length } : undefined);
}

function first<T>(
  wanted: readonly T[],
  isThere: (value: T) => boolean,
): { readonly value: T; readonly at: number } | undefined {
  const at = wanted.findIndex(isThere);
  const value = wanted[at];
  return value === undefined ? undefined : { value, at };
}

/** A key exchange method by its number; undefined if there is none here. */
export function keyExchangeOf(id: number): KeyExchangeId | undefined {
  return KEY_EXCHANGE_IDS.find((known) => known === id);
}

/** A PRF's number; undefined if there is none here. */
export function prfOf(id: number): PrfId | undefined {
  return id === 5 || id === 6 || id === 7 ? id : undefined;
}

/** A cipher's numbers; undefined if there is none here. */
export function cipherOf({ id, keyBits }: Transform): Cipher | undefined {
  if (id === ENCR.CHACHA20_POLY1305 && keyBits === null) return { encr: id, keyBits };
  const isAes = id === ENCR.AES_GCM_16 && (keyBits === 128 || keyBits === 192 || keyBits === 256);
  return isAes ? { encr: id, keyBits } : undefined;
}
