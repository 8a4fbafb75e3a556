// IKE_INTERMEDIATE with an additional key exchange, both sides (RFC 9242, RFC 9370 §2.2.2). Nobody
// is known yet: what goes wrong ends the attempt and nothing else.

import { nextIkeKeys } from "../keys/ike_keys.ts";
import type { KeyExchangeId, KeyPair } from "../keys/key_exchange.ts";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { prf, PRFS } from "../keys/prf.ts";
import { keyLenOf } from "../suites/suite.ts";
import { EXCHANGE } from "../wire/constants.ts";
import type { Parsed } from "../wire/fault.ts";
import type { ReceivedHeader } from "../wire/header.ts";
import type { Opened } from "../wire/message.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import type { KePayload } from "../wire/payloads/ke.ts";
import { findError, makeNotify } from "../wire/payloads/notify.ts";
import type { Payload, RawPayload } from "../wire/payloads/payload.ts";
import { readContent } from "../wire/rules.ts";
import { type Coverable, coverMessage, layMessage } from "../wire/sealed.ts";
import { createWriter } from "../wire/writer.ts";
import type { Answered } from "./answered.ts";
import { ask } from "./ask.ts";
import { type Context, headerFor, type MessageHead } from "./context.ts";
import { refuseSa } from "./end.ts";
import type { IkeSa } from "./ike_sa.ts";

/** Asks for the additional key exchange of the suite. */
export function askIntermediate(context: Context, sa: IkeSa, ke: KeyExchangeId): void {
  const pair = KEY_EXCHANGES[ke].generate();
  const payloads = [{ kind: "ke", method: ke, data: pair.publicValue }] as const;
  const exchange = EXCHANGE.IKE_INTERMEDIATE;
  ask(context, sa, { what: { kind: "intermediate", ke, pair }, exchange, payloads });
  const messageId = sa.own.outstanding()?.messageId ?? 0;
  const head = { exchange, messageId, isResponse: false };
  note(sa, "i", laidOut(context, sa, { ...head, payloads }));
}

/**
 * Takes the answer.
 *
 * @returns Whether IKE_AUTH can follow
 */
export function takeIntermediate(
  context: Context,
  sa: IkeSa,
  { what: { ke, pair }, payloads, opened }: {
    readonly what: { readonly ke: KeyExchangeId; readonly pair: KeyPair };
    readonly payloads: Parsed<readonly RawPayload[]>;
    readonly opened: Opened;
  },
): boolean {
  const content = "fault" in payloads ? payloads : readContent("intermediate", payloads.value);
  if ("fault" in content) {
    refuseSa(context, sa, { reason: "malformed", detail: content.fault.reason });
    return false;
  }
  const { ke: answer, notifies } = content.value;
  const error = findError(notifies);
  if (error !== undefined) {
    refuseSa(context, sa, { reason: "refused_by_peer", detail: `notify ${error.type}` });
    return false;
  }
  const secret = answer?.method === ke ? pair.agree(answer.data) : undefined;
  if (secret === undefined) {
    refuseSa(context, sa, { reason: "key_exchange", detail: `value of ${ke}` });
    return false;
  }
  note(sa, "r", opened);
  addSecret(sa, secret);
  return true;
}

/** A request of IKE_INTERMEDIATE. */
export interface IntermediateRequest {
  readonly header: ReceivedHeader;
  readonly payloads: readonly RawPayload[];
  readonly opened: Opened;
}

/** Answers a half-open IKE SA. Without a key exchange the exchange is for another extension. */
export function answerIntermediate(
  context: Context,
  sa: IkeSa,
  { header: { exchange, messageId }, payloads, opened }: IntermediateRequest,
): Parsed<Answered> {
  const content = readContent("intermediate", payloads);
  if ("fault" in content) return content;
  const { ke } = content.value;
  const isOdd = !sa.hasIntermediate || (sa.intAuth?.count ?? 0) >= INTERMEDIATE_MAX ||
    (ke !== null && ke.method !== sa.pendingKe);
  if (isOdd) return { value: refused(context, sa, "an exchange that was not agreed on") };
  const pair = ke === null ? null : respond(ke);
  if (pair === undefined) return { value: refused(context, sa, `value of ${ke?.method}`) };
  const answer: Payload[] = ke === null || pair === null
    ? []
    : [{ kind: "ke", method: ke.method, data: pair.publicValue }];
  note(sa, "i", opened);
  const head = { exchange, messageId, isResponse: true };
  note(sa, "r", laidOut(context, sa, { ...head, payloads: answer }));
  const end = (): void => finish(context, sa, { ke, pair });
  return { value: { payloads: answer, before: [], after: [], end } };
}

function respond({ method, data }: KePayload): KeyPair | undefined {
  const known = Object.values(KEY_EXCHANGES).find(({ id }) => id === method);
  return known?.respond(data);
}

/** The keys change once the answer has been sealed. */
function finish(
  context: Context,
  sa: IkeSa,
  { ke, pair }: { readonly ke: KePayload | null; readonly pair: KeyPair | null },
): void {
  if (ke === null || pair === null) return;
  const secret = pair.agree(ke.data);
  if (secret !== undefined) return addSecret(sa, secret);
  refuseSa(context, sa, { reason: "key_exchange", detail: `value of ${ke.method}` });
}

function refused(context: Context, sa: IkeSa, detail: string): Answered {
  const end = (): void => refuseSa(context, sa, { reason: "key_exchange", detail });
  return { payloads: [makeNotify(NOTIFY.INVALID_SYNTAX)], before: [], after: [], end };
}

/** What AUTH covers of the exchanges; empty if there were none (RFC 9242 §3.3.2). */
export function intAuthOf({ intAuth }: IkeSa): Uint8Array {
  if (intAuth === null) return new Uint8Array(0);
  const { i, r, count } = intAuth;
  const octets = new Uint8Array(i.length + r.length + 4);
  octets.set(i);
  octets.set(r, i.length);
  // The Message ID of the first IKE_AUTH: IKE_SA_INIT has 0.
  new DataView(octets.buffer).setUint32(i.length + r.length, count + 1);
  return octets;
}

/** SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr); all keys follow anew (RFC 9370 §2.2.2). */
function addSecret(sa: IkeSa, secret: Uint8Array): void {
  const { init, spiI, spiR, suite } = sa;
  if (init === null) return;
  const lens = { prf: PRFS[suite.prf], encryptionLen: keyLenOf(suite) };
  const seed = { nonceI: init.nonceI, nonceR: init.nonceR, spiI, spiR };
  const old = { prf: lens.prf, d: sa.keyed().keys.d };
  sa.replaceKeys(nextIkeKeys(old, secret, { seed, lens }));
  secret.fill(0);
  sa.pendingKe = null;
}

/** IntAuth_n = prf(SK_p, IntAuth_(n-1) | A | P), with the keys before the exchange. */
function note(sa: IkeSa, side: "i" | "r", message: Coverable): void {
  const { a, p } = coverMessage(message);
  const { keys } = sa.keyed();
  const before = sa.intAuth ?? { i: NONE, r: NONE, count: 0 };
  const key = side === "i" ? keys.pi : keys.pr;
  const value = prf(PRFS[sa.suite.prf], key, before[side], a, p);
  const count = before.count + (side === "i" ? 1 : 0);
  sa.intAuth = { ...before, [side]: value, count };
}

/** A message of this side as it is before it is sealed. */
function laidOut(
  context: Context,
  sa: IkeSa,
  { payloads, ...head }: MessageHead & { readonly payloads: readonly Payload[] },
): Coverable {
  const { seal } = sa.keyed();
  const message = { header: headerFor(sa, head), payloads, iv: new Uint8Array(seal.ivLen) };
  return layMessage(createWriter(context.buffer), message, seal);
}

const NONE = new Uint8Array(0);

/** Most exchanges before IKE_AUTH. */
const INTERMEDIATE_MAX = 2;
