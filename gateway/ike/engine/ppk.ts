// Postquantum preshared keys in IKE_AUTH, both sides (RFC 8784). Whoever has recorded the exchange
// and breaks its key exchange later still lacks this key.

import { timingSafeEqual } from "node:crypto";
import { type IkeKeys, wipeIkeKeys } from "../keys/ike_keys.ts";
import { mixPpk } from "../keys/ppk.ts";
import { PRFS } from "../keys/prf.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { Context } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";
import type { PeerPolicy, Ppk } from "./settings.ts";

/** Initiator: says that it has a key for this peer. */
export function offerPpk({ ppk }: PeerPolicy): NotifyPayload[] {
  return ppk === undefined ? [] : [makeNotify(NOTIFY.USE_PPK)];
}

/** Responder: says that it has keys, to whoever asks. */
export function acceptPpk(
  { settings }: Context,
  notifies: readonly NotifyPayload[],
): NotifyPayload[] {
  const hasAny = settings.peers.some(({ ppk }) => ppk !== undefined);
  const isAsked = findNotify(notifies, NOTIFY.USE_PPK) !== undefined;
  return hasAny && isAsked ? [makeNotify(NOTIFY.USE_PPK)] : [];
}

/** Keys with the PPK, and the notifies that go with them. */
export interface PpkRequest {
  readonly ppk: Ppk;
  readonly mixed: IkeKeys;
}

/** Initiator: makes the keys for IKE_AUTH; null without a PPK. Whoever calls this keeps them. */
export function requestPpk(sa: IkeSa): PpkRequest | null {
  const ppk = sa.peer?.ppk;
  if (!sa.hasPpk || ppk === undefined) return null;
  return { ppk, mixed: mixPpk(PRFS[sa.suite.prf], ppk.key, sa.keyed().keys) };
}

/**
 * Initiator: takes the keys that the responder's answer names.
 *
 * @returns False if the PPK is mandatory and the responder has left it out
 */
export function takePpk(sa: IkeSa, notifies: readonly NotifyPayload[]): boolean {
  const { mixed } = sa;
  sa.mixed = null;
  if (mixed === null) return true;
  if (findNotify(notifies, NOTIFY.PPK_IDENTITY) !== undefined) {
    sa.replaceKeys(mixed);
    return true;
  }
  wipeIkeKeys(mixed);
  return sa.peer?.ppk?.isMandatory !== true;
}

/** What a responder verifies. */
export interface PpkVerdict {
  /** Data of AUTH, for the keys that the IKE SA now has. */
  readonly data: Uint8Array;
  /** Says which keys these are. */
  readonly answer: readonly NotifyPayload[];
  /** Whether the peer is refused even if AUTH is right. */
  readonly isRefused: boolean;
}

/**
 * Responder: takes the PPK that a request names (RFC 8784 §3, table 1). One that is unknown costs
 * as much as a known one. An IKE SA that resumes another has it from that one.
 *
 * @param peer Undefined for an identity that nobody has
 * @param data Of the AUTH payload
 */
export function answerPpk(
  { tools }: Context,
  sa: IkeSa,
  { peer, notifies, data }: {
    readonly peer: PeerPolicy | undefined;
    readonly notifies: readonly NotifyPayload[];
    readonly data: Uint8Array;
  },
): PpkVerdict {
  const ppk = peer?.ppk;
  const plain = { data, answer: [], isRefused: false };
  const refused = { ...plain, isRefused: true };
  if (sa.resumption !== null) return plain;
  if (!sa.hasPpk) return ppk?.isMandatory === true ? refused : plain;
  const named = findNotify(notifies, NOTIFY.PPK_IDENTITY)?.data;
  if (named === undefined) return refused;
  const key = ppk?.key ?? tools.random(PPK_LEN);
  const mixed = mixPpk(PRFS[sa.suite.prf], key, sa.keyed().keys);
  if (ppk !== undefined && isSame(ppk.id, named)) {
    sa.replaceKeys(mixed);
    return { ...plain, answer: [makeNotify(NOTIFY.PPK_IDENTITY)] };
  }
  wipeIkeKeys(mixed);
  const without = findNotify(notifies, NOTIFY.NO_PPK_AUTH)?.data;
  if (without === undefined || ppk?.isMandatory === true) return refused;
  return { ...plain, data: without };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Octets of the key that stands for one that there is not. */
const PPK_LEN = 32;
