// Rekeys of IKE SAs, both sides (RFC 7296 §1.3.2, §2.8.2, §2.18, §2.25.2). The Child SAs move to
// the new IKE SA, and nothing changes on the data path.

import type { KeyExchangeId } from "../keys/key_exchange.ts";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { accepted, ikeSuiteOf } from "../suites/accept.ts";
import { chooseIke, proposalsOf, transformsOf } from "../suites/choose.ts";
import { EXCHANGE, PROTOCOL } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { RawPayload } from "../wire/payloads/payload.ts";
import { readableProposals } from "../wire/proposals.ts";
import { readAnswer, type RekeyIkeRequest } from "../wire/rules.ts";
import type { Answered } from "./answered.ts";
import { ask, askDelete } from "./ask.ts";
import type { Context } from "./context.ts";
import { endSa } from "./end.ts";
import { askFollowup, dropChain, linkOf, openChain } from "./followup.ts";
import type { IkeRekey, IkeSa, Nonces } from "./ike_sa.ts";
import {
  isOursRedundant,
  NONCE_LEN,
  pairOf,
  rekeyMethod,
  retryTime,
  wantedMethod,
} from "./rekey.ts";
import { createSuccessor, moveTo } from "./successor.ts";

/** Asks for an IKE SA in the place of this one. */
export function askRekeyIke(
  context: Context,
  sa: IkeSa,
  { ke, tried }: { readonly ke?: KeyExchangeId; readonly tried: readonly KeyExchangeId[] },
): void {
  const { settings: { ike }, tools } = context;
  const method = ke ?? rekeyMethod(ike.kes, sa, tried);
  const pair = pairOf(method);
  if (method === null || pair === null) {
    sa.rekeyAt = Infinity;
    return;
  }
  const spi = tools.random(SPI_LEN);
  const kes = [method, ...ike.kes.filter((id) => id !== method)];
  const ke1s = sa.hasIntermediate ? ike.ke1s : undefined;
  const offered = proposalsOf(ike, { protocol: PROTOCOL.IKE, spi, kes, ke1s });
  const nonce = tools.random(NONCE_LEN);
  const rekey: IkeRekey = {
    spi,
    nonce,
    offered,
    ke: method,
    pair,
    tried: [...tried, method],
    theirs: null,
  };
  ask(context, sa, {
    what: { kind: "rekeyIke", rekey },
    exchange: EXCHANGE.CREATE_CHILD_SA,
    payloads: [
      { kind: "sa", proposals: offered },
      { kind: "nonce", data: nonce },
      { kind: "ke", method, data: pair.publicValue },
    ],
  });
}

/** Answers such a request of the peer. */
export function answerRekeyIke(
  context: Context,
  sa: IkeSa,
  request: RekeyIkeRequest,
): Answered {
  const what = sa.own.outstanding()?.what;
  const isBusy = what?.kind === "rekeyChild" || what?.kind === "deleteChild" ||
    what?.kind === "followup";
  if (isBusy || isBeingReplaced(sa)) return only(makeNotify(NOTIFY.TEMPORARY_FAILURE));
  const hasAdditionalKe = sa.hasIntermediate;
  const proposals = readableProposals(request.sa, { of: "ikeRekey", hasAdditionalKe });
  const chosen = chooseIke({ proposals, ke: request.ke.method }, context.settings.ike);
  if (chosen === undefined) return only(makeNotify(NOTIFY.NO_PROPOSAL_CHOSEN));
  const { suite, proposal } = chosen;
  if (suite.ke !== request.ke.method) {
    return only(makeNotify(NOTIFY.INVALID_KE_PAYLOAD, Uint8Array.of(0, suite.ke)));
  }
  const pair = KEY_EXCHANGES[suite.ke].respond(request.ke.data);
  const secret = pair?.agree(request.ke.data);
  if (pair === undefined || secret === undefined) {
    const end = (): void => endSa(context, sa, "malformed");
    return { ...only(makeNotify(NOTIFY.INVALID_SYNTAX)), end };
  }
  const nonces = {
    nonceI: request.nonce.data.slice(),
    nonceR: context.tools.random(NONCE_LEN),
  };
  const spi = context.tools.random(SPI_LEN);
  const spis = { spiI: proposal.spi.slice(), spiR: spi };
  const agreed = { isInitiator: false, ...spis, suite, secret, ...nonces };
  const transforms = transformsOf(suite, proposal);
  const payloads = [
    { kind: "sa", proposals: [{ ...proposal, spi, transforms }] },
    { kind: "nonce", data: nonces.nonceR },
    { kind: "ke", method: suite.ke, data: pair.publicValue },
  ] as const;
  const common = { before: [], after: [] };
  if (suite.ke1 === undefined) {
    const next = createSuccessor(context, sa, { ...agreed, more: [] });
    return { ...common, payloads, end: () => takeOver(context, sa, { next, nonces }) };
  }
  const link = openChain(context, sa, {
    of: "ike",
    ke: suite.ke1,
    finish: (extra) => {
      const next = createSuccessor(context, sa, { ...agreed, more: [extra] });
      return { ...common, end: () => takeOver(context, sa, { next, nonces }) };
    },
    drop: () => void secret.fill(0),
  });
  if (what?.kind === "rekeyIke") what.rekey.theirs = { next: null, ...nonces };
  return { ...common, payloads: [...payloads, link] };
}

/**
 * Whether the peer has rekeyed an IKE SA, and the rekey is not over: its Delete of the old one is
 * missing, or its answer to our rekey. Else each rekey would leave an IKE SA behind.
 */
function isBeingReplaced({ own, predecessor }: IkeSa): boolean {
  const what = own.outstanding()?.what;
  const hasNext = what?.kind === "rekeyIke" && (what.rekey.theirs?.next ?? null) !== null;
  return hasNext || predecessor?.state === "rekeyed";
}

/** The peer's rekey has made an IKE SA. If we have asked for one too, our answer decides. */
function takeOver(
  context: Context,
  sa: IkeSa,
  { next, nonces }: { readonly next: IkeSa; readonly nonces: Nonces },
): void {
  const what = sa.own.outstanding()?.what;
  if (what?.kind === "rekeyIke") what.rekey.theirs = { next, ...nonces };
  else moveTo(context, sa, next);
}

/** Takes the answer to our request. */
export function takeRekeyIke(
  context: Context,
  sa: IkeSa,
  { rekey, payloads }: { readonly rekey: IkeRekey; readonly payloads: readonly RawPayload[] },
): void {
  const parsed = readAnswer("rekeyIkeResponse", payloads);
  if ("fault" in parsed) return endSa(context, sa, "malformed");
  if (parsed.value.kind === "refused") {
    return takeRefusal(context, sa, { rekey, notifies: parsed.value.notifies });
  }
  const { sa: chosen, nonce, ke, notifies } = parsed.value.content;
  const proposal = accepted(chosen.proposals, rekey.offered);
  const suite = proposal && ikeSuiteOf(proposal);
  const isFit = proposal?.spi.length === SPI_LEN && suite?.ke === rekey.ke &&
    ke.method === rekey.ke;
  const secret = isFit ? rekey.pair?.agree(ke.data) : undefined;
  if (proposal === undefined || suite === undefined || secret === undefined) {
    return endSa(context, sa, "malformed");
  }
  const nonces = { nonceI: rekey.nonce, nonceR: nonce.data.slice() };
  const spis = { spiI: rekey.spi, spiR: proposal.spi.slice() };
  const agreed = { isInitiator: true, ...spis, suite, secret, ...nonces };
  if (suite.ke1 === undefined) {
    const next = createSuccessor(context, sa, { ...agreed, more: [] });
    return settle(context, sa, { rekey, next, nonces });
  }
  const link = linkOf(notifies);
  if (link === undefined) return endSa(context, sa, "malformed");
  const { theirs } = rekey;
  if (theirs !== null && isOursRedundant(nonces, theirs)) {
    // RFC 9370 §2.2.4: nothing is made yet, so there is nothing to delete.
    secret.fill(0);
    if (theirs.next !== null) moveTo(context, sa, theirs.next);
    return;
  }
  dropChain(sa);
  askFollowup(context, sa, {
    ke: suite.ke1,
    of: "ike",
    link,
    finish: (extra) => {
      const next = createSuccessor(context, sa, { ...agreed, more: [extra] });
      settle(context, sa, { rekey, next, nonces });
    },
    fail: () => {
      secret.fill(0);
      sa.rekeyAt = retryTime(context);
    },
  });
}

/** The side whose IKE SA is one too many deletes it; the other deletes the old one (§2.8.2). */
function settle(
  context: Context,
  sa: IkeSa,
  { rekey, next, nonces }: {
    readonly rekey: IkeRekey;
    readonly next: IkeSa;
    readonly nonces: Parameters<typeof isOursRedundant>[0];
  },
): void {
  const { theirs } = rekey;
  if (theirs !== null && isOursRedundant(nonces, theirs)) {
    if (theirs.next !== null) moveTo(context, sa, theirs.next);
    askDelete(context, next);
    return;
  }
  dropChain(sa);
  moveTo(context, sa, next);
  askDelete(context, sa);
}

function takeRefusal(
  context: Context,
  sa: IkeSa,
  { rekey, notifies }: { readonly rekey: IkeRekey; readonly notifies: readonly NotifyPayload[] },
): void {
  const { theirs, tried } = rekey;
  if (theirs?.next) return moveTo(context, sa, theirs.next);
  // The peer's own rekey is under way.
  if (theirs !== null) return;
  const ke = wantedMethod(notifies, context.settings.ike.kes, tried);
  if (ke !== undefined) return askRekeyIke(context, sa, { ke, tried });
  sa.rekeyAt = retryTime(context);
}

function only(notify: NotifyPayload): Answered {
  return { payloads: [notify], before: [], after: [] };
}

const SPI_LEN = 8;
