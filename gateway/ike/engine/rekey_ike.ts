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
import type { IkeRekey, IkeSa } from "./ike_sa.ts";
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
  const offered = proposalsOf(ike, { protocol: PROTOCOL.IKE, spi, kes });
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
  if (what?.kind === "rekeyChild" || what?.kind === "deleteChild") {
    return only(makeNotify(NOTIFY.TEMPORARY_FAILURE));
  }
  const proposals = readableProposals(request.sa, { of: "ikeRekey", hasAdditionalKe: false });
  const chosen = chooseIke({ proposals, ke: request.ke.method }, context.settings.ike);
  if (chosen === undefined) return only(makeNotify(NOTIFY.NO_PROPOSAL_CHOSEN));
  const { suite, proposal } = chosen;
  if (suite.ke !== request.ke.method) {
    return only(makeNotify(NOTIFY.INVALID_KE_PAYLOAD, Uint8Array.of(0, suite.ke)));
  }
  const pair = KEY_EXCHANGES[suite.ke].generate();
  const secret = pair.agree(request.ke.data);
  if (secret === undefined) {
    const end = (): void => endSa(context, sa, "malformed");
    return { ...only(makeNotify(NOTIFY.INVALID_SYNTAX)), end };
  }
  const nonces = {
    nonceI: request.nonce.data.slice(),
    nonceR: context.tools.random(NONCE_LEN),
  };
  const spi = context.tools.random(SPI_LEN);
  const next = createSuccessor(context, sa, {
    isInitiator: false,
    spiI: proposal.spi.slice(),
    spiR: spi,
    suite,
    secret,
    ...nonces,
  });
  const end = (): void => {
    if (what?.kind === "rekeyIke") what.rekey.theirs = { next, ...nonces };
    else moveTo(context, sa, next);
  };
  const payloads = [
    { kind: "sa", proposals: [{ ...proposal, spi, transforms: transformsOf(suite) }] },
    { kind: "nonce", data: nonces.nonceR },
    { kind: "ke", method: suite.ke, data: pair.publicValue },
  ] as const;
  return { payloads, before: [], after: [], end };
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
  const { sa: chosen, nonce, ke } = parsed.value.content;
  const proposal = accepted(chosen.proposals, rekey.offered);
  const suite = proposal && ikeSuiteOf(proposal);
  const isFit = proposal?.spi.length === SPI_LEN && suite?.ke === rekey.ke &&
    ke.method === rekey.ke;
  const secret = isFit ? rekey.pair?.agree(ke.data) : undefined;
  if (proposal === undefined || suite === undefined || secret === undefined) {
    return endSa(context, sa, "malformed");
  }
  const nonces = { nonceI: rekey.nonce, nonceR: nonce.data.slice() };
  const next = createSuccessor(context, sa, {
    isInitiator: true,
    spiI: rekey.spi,
    spiR: proposal.spi.slice(),
    suite,
    secret,
    ...nonces,
  });
  settle(context, sa, { rekey, next, nonces });
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
    moveTo(context, sa, theirs.next);
    askDelete(context, next);
    return;
  }
  moveTo(context, sa, next);
  askDelete(context, sa);
}

function takeRefusal(
  context: Context,
  sa: IkeSa,
  { rekey, notifies }: { readonly rekey: IkeRekey; readonly notifies: readonly NotifyPayload[] },
): void {
  const { theirs, tried } = rekey;
  if (theirs !== null) return moveTo(context, sa, theirs.next);
  const ke = wantedMethod(notifies, context.settings.ike.kes, tried);
  if (ke !== undefined) return askRekeyIke(context, sa, { ke, tried });
  sa.rekeyAt = retryTime(context);
}

function only(notify: NotifyPayload): Answered {
  return { payloads: [notify], before: [], after: [] };
}

const SPI_LEN = 8;
