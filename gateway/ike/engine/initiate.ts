// IKE_SA_INIT, the initiator's side (RFC 7296 §1.2, §2.6, §2.7; RFC 9329 §6.4).

import type { KeyExchangeId } from "../keys/key_exchange.ts";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { accepted, ikeSuiteOf } from "../suites/accept.ts";
import { proposalsOf } from "../suites/choose.ts";
import type { IkeSuite } from "../suites/suite.ts";
import { EXCHANGE, PROTOCOL } from "../wire/constants.ts";
import type { ReceivedHeader } from "../wire/header.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, numbersOf } from "../wire/payloads/notify.ts";
import type { NotifyPayload } from "../wire/payloads/notify.ts";
import { proposalsText } from "../wire/proposal_text.ts";
import type { Payload, RawPayload } from "../wire/payloads/payload.ts";
import { readAnswer } from "../wire/rules.ts";
import type { Path } from "./actions.ts";
import { askAuth } from "./ask_auth.ts";
import { addSa, type Context, emitFor } from "./context.ts";
import { hashesNotify, hashesOf } from "./certificate_payloads.ts";
import { byPeer } from "./by_peer.ts";
import { refuseSa } from "./end.ts";
import {
  FRAGMENTS_SUPPORTED,
  hasFragments,
  hasIntermediate,
  intermediateSupported,
} from "./extensions.ts";
import { createIkeSa, type IkeSa, type Start, type Target } from "./ike_sa.ts";
import { askIntermediate } from "./intermediate.ts";
import { natHash } from "./nat_detection.ts";
import { offerPpk } from "./ppk.ts";
import { NONCE_LEN } from "./rekey.ts";
import { createOwnRequests, createPeerRequests } from "./windows.ts";

/** Begins an IKE SA, and returns it. */
export function initiate(context: Context, target: Target, path: Path): IkeSa {
  const { settings: { ike }, tools } = context;
  const [cipher] = ike.ciphers;
  const [prf] = ike.prfs;
  const [ke] = ike.kes;
  if (cipher === undefined || prf === undefined || ke === undefined) {
    throw new Error("Cannot begin an IKE SA: no algorithm is allowed");
  }
  const { kes, ke1s } = ike;
  const head = { protocol: PROTOCOL.IKE, spi: new Uint8Array(0), kes, ke1s };
  const start: Start = {
    target,
    nonce: tools.random(NONCE_LEN),
    offered: proposalsOf(ike, head),
    cookie: null,
    tried: [ke],
    request: new Uint8Array(0),
  };
  const suite = { ...cipher, prf, ke };
  const sa = addOwn(context, { start, path, suite, pair: KEY_EXCHANGES[ke].generate() });
  sa.own.begin({ kind: "init" });
  sendInit(context, sa, { start, path });
  return sa;
}

/** Adds an IKE SA that this side begins. Its first request is to be sent. */
export function addOwn(
  context: Context,
  { start, path, suite, pair }: {
    readonly start: Start;
    readonly path: Path;
    readonly suite: IkeSuite;
    readonly pair: IkeSa["pair"];
  },
): IkeSa {
  const { tools, now } = context;
  const sa = createIkeSa({
    id: context.nextId++,
    isInitiator: true,
    spiI: tools.random(SPI_LEN),
    spiR: new Uint8Array(SPI_LEN),
    own: createOwnRequests(0),
    theirs: createPeerRequests(0),
    begunAt: now,
    state: "init_sent",
    suite,
    init: null,
    peer: start.target.peer,
    path: path.id,
    pair,
    start,
    tools,
  });
  addSa(context, sa);
  return sa;
}

/** Sends IKE_SA_INIT; later attempts have the same SPI, nonce and proposals (RFC 7296 §2.6.1). */
function sendInit(
  context: Context,
  sa: IkeSa,
  { start, path }: { readonly start: Start; readonly path: Path },
): void {
  const { spiI, spiR, suite, pair } = sa;
  const spis = { spiI, spiR };
  const head = { exchange: EXCHANGE.IKE_SA_INIT, messageId: 0, isResponse: false };
  const cookie: Payload[] = start.cookie === null ? [] : [makeNotify(NOTIFY.COOKIE, start.cookie)];
  const request = emitFor(context, { ...head, ...spis, isInitiator: true }, [
    ...cookie,
    { kind: "sa", proposals: start.offered },
    { kind: "ke", method: suite.ke, data: pair.publicValue },
    { kind: "nonce", data: start.nonce },
    ...intermediateSupported(context),
    FRAGMENTS_SUPPORTED,
    ...offerPpk(start.target.peer),
    makeNotify(NOTIFY.NAT_DETECTION_SOURCE_IP, natHash(spis, path.local)),
    makeNotify(NOTIFY.NAT_DETECTION_DESTINATION_IP, natHash(spis, path.remote)),
    ...hashesNotify(context),
  ]);
  sa.start = { ...start, request };
  sa.own.sent(request);
  sa.askedAt = context.now;
  context.actions.push({ kind: "send", path: path.id, octets: request });
}

/** An answer of IKE_SA_INIT. */
export interface InitAnswer {
  readonly header: ReceivedHeader;
  readonly payloads: readonly RawPayload[];
  readonly octets: Uint8Array;
  readonly path: Path;
}

/** Goes on with the answer. Nothing of it is authentic, so nothing but the attempt can end. */
export function takeInitAnswer(context: Context, sa: IkeSa, answer: InitAnswer): void {
  const { start } = sa;
  const isAwaited = sa.own.outstanding()?.what.kind === "init";
  if (sa.state !== "init_sent" || start === null || !isAwaited) return;
  const parsed = readAnswer("ikeSaInitResponse", answer.payloads);
  if ("fault" in parsed) {
    return refuseSa(context, sa, { reason: "malformed", detail: parsed.fault.reason });
  }
  if (parsed.value.kind === "refused") {
    return takeRefusal(context, sa, { start, path: answer.path, ...parsed.value });
  }
  const { sa: chosen, ke, nonce, notifies } = parsed.value.content;
  const proposal = accepted(chosen.proposals, start.offered);
  const suite = proposal && ikeSuiteOf(proposal);
  if (suite === undefined || !isOurs(suite, sa, ke.method) || isZero(answer.header.spiR)) {
    return refuseSa(context, sa, { reason: "ike_proposal", detail: "the answer was not offered" });
  }
  sa.hasIntermediate = hasIntermediate(context, notifies);
  sa.hasFragments = hasFragments(notifies);
  if (suite.ke1 !== undefined && !sa.hasIntermediate) {
    return refuseSa(context, sa, { reason: "ike_proposal", detail: "no IKE_INTERMEDIATE" });
  }
  const { ppk } = start.target.peer;
  sa.hasPpk = ppk !== undefined && findNotify(notifies, NOTIFY.USE_PPK) !== undefined;
  if (ppk?.isMandatory && !sa.hasPpk) {
    return refuseSa(context, sa, { reason: "ppk", detail: "the peer has none" });
  }
  sa.suite = suite;
  sa.spiR = answer.header.spiR.slice();
  sa.peerHashes = context.credentials === null ? null : hashesOf(notifies);
  sa.init = {
    nonceI: start.nonce,
    nonceR: nonce.data.slice(),
    request: start.request,
    answer: answer.octets.slice(),
    peerValue: ke.data.slice(),
  };
  sa.own.end();
  if (!sa.deriveKeys()) {
    return refuseSa(context, sa, { reason: "key_exchange", detail: `value of ${suite.ke}` });
  }
  sa.state = "auth_sent";
  sa.path = answer.path.id;
  if (suite.ke1 === undefined) askAuth(context, sa);
  else askIntermediate(context, sa, suite.ke1);
}

/** The key exchange of the answer must be the one whose value was sent. */
function isOurs(suite: IkeSuite, sa: IkeSa, method: number): boolean {
  return suite.ke === sa.suite.ke && method === suite.ke;
}

interface Refused {
  readonly start: Start;
  readonly path: Path;
  readonly notifies: readonly NotifyPayload[];
}

function takeRefusal(context: Context, sa: IkeSa, { start, path, notifies }: Refused): void {
  const cookie = cookieOf(notifies);
  if (cookie !== undefined && start.cookie === null) {
    return sendInit(context, sa, { start: { ...start, cookie }, path });
  }
  const wanted = findNotify(notifies, NOTIFY.INVALID_KE_PAYLOAD);
  const ke = wanted === undefined ? undefined : otherMethod(context, start, wanted);
  if (ke !== undefined) {
    sa.suite = { ...sa.suite, ke };
    sa.pair = KEY_EXCHANGES[ke].generate();
    return sendInit(context, sa, { start: { ...start, tried: [...start.tried, ke] }, path });
  }
  refuseSa(context, sa, byPeer(notifies, proposalsText(start.offered)));
}

/** A copy of the cookie that a responder wants to see: 1 to 64 octets (RFC 7296 §2.6). */
export function cookieOf(notifies: readonly NotifyPayload[]): Uint8Array | undefined {
  const data = findNotify(notifies, NOTIFY.COOKIE)?.data;
  return data !== undefined && data.length >= 1 && data.length <= 64 ? data.slice() : undefined;
}

/** A method that was offered and not tried; a responder cannot talk us into another. */
function otherMethod(
  { settings }: Context,
  { tried }: Start,
  wanted: NotifyPayload,
): KeyExchangeId | undefined {
  const [number] = numbersOf(wanted);
  return settings.ike.kes.find((ke) => ke === number && !tried.includes(ke));
}

function isZero(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0);
}

const SPI_LEN = 8;
