// IKE_AUTH, the responder's side (RFC 7296 §1.2, §2.15, §2.19). The order of the steps matters:
// nothing is installed, leased or ended before the peer has proved who it is.

import { makePrefix, type Prefix } from "../../model/prefix.ts";
import type { IpAddress } from "../../model/address.ts";
import { identityKey, identityText } from "../identity/identity.ts";
import { isSameAuth, pskAuth } from "../keys/auth.ts";
import { PRFS } from "../keys/prf.ts";
import { narrow } from "../selectors/narrow.ts";
import { policyText } from "../suites/policy_text.ts";
import { chooseEsp, transformsOf } from "../suites/choose.ts";
import { AUTH_METHOD, CP_TYPE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { isGoodId, makeId } from "../wire/payloads/id.ts";
import { findNotify, makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { proposalsText } from "../wire/proposal_text.ts";
import { readableProposals } from "../wire/proposals.ts";
import type { ContentOf } from "../wire/rules.ts";
import type { IkeRefusal } from "../../model/ike_refusal.ts";
import type { Answered } from "./answered.ts";
import { addChild, espSpiNumber, espSpiOctets, selectorsOf, startSending } from "./children.ts";
import { askedAddresses, configReply } from "./config_payload.ts";
import { type Context, keysTextOf } from "./context.ts";
import { endSa, refuseSa } from "./end.ts";
import { giveTicket } from "./give_ticket.ts";
import type { IkeSa, InitValues } from "./ike_sa.ts";
import { intAuthOf } from "./intermediate.ts";
import { acceptMobike } from "./mobike.ts";
import { answerPpk } from "./ppk.ts";
import { firstRekeyTime, resumedAuth } from "./resumption.ts";
import { endResumed, resumedPeer } from "./resume.ts";
import type { PeerPolicy, Pools } from "./settings.ts";

/** What a request of IKE_AUTH says. */
export type AuthRequest = ContentOf<"ikeAuthRequest">;

/** Answers the first request under the keys of a half-open IKE SA. */
export function answerAuth(context: Context, sa: IkeSa, request: AuthRequest): Answered {
  const policy = authenticated(context, sa, request);
  if ("reason" in policy) {
    const end = (): void => refuseSa(context, sa, policy);
    return { payloads: [FAILED], before: [], after: [], end };
  }
  const { peer, ppk } = policy;
  sa.state = "established";
  context.halfOpen--;
  sa.peer = peer;
  sa.identity = identityKey(request.idi);
  sa.ids = { ours: makeId("idr", context.settings.localId).body, theirs: request.idi.body.slice() };
  sa.rekeyAt = firstRekeyTime(context, sa);
  if (sa.resumption !== null) endResumed(context, sa.resumption);
  endOthers(context, sa, request);
  const established = {
    kind: "established",
    ike: sa.id,
    peer: peer.name,
    identity: identityText(request.idi),
    path: sa.path ?? 0,
    keys: keysTextOf(sa),
    tookMs: context.now - sa.begunAt,
  } as const;
  const child = firstChild(context, sa, { request, ...policy });
  const mobike = acceptMobike(request.notifies);
  const ticket = giveTicket(context, sa, request.notifies);
  const payloads = [
    ...ownAuth(context, sa, policy),
    ...ppk,
    ...ticket,
    ...mobike,
    ...child.payloads,
  ];
  return { ...child, payloads, before: [established, ...child.before] };
}

const FAILED = makeNotify(NOTIFY.AUTHENTICATION_FAILED);

interface Known {
  readonly peer: PeerPolicy;
  readonly init: InitValues;
  /** Says that the postquantum preshared key is in use. */
  readonly ppk: readonly Payload[];
}

interface Refusal {
  readonly reason: IkeRefusal;
  readonly detail: string;
}

/**
 * Finds the peer's policy and checks its AUTH. An identity that nobody has costs the same work, so
 * that a stranger cannot try out which ones there are.
 */
function authenticated(
  context: Context,
  sa: IkeSa,
  { idi, auth, notifies }: AuthRequest,
): Known | Refusal {
  const { peerOf, tools } = context;
  const { init } = sa;
  if (init === null || auth === null) return { reason: "auth_method", detail: "EAP" };
  const who = identityText(idi);
  if (sa.resumption !== null) {
    const peer = resumedPeer(context, sa, { idi, auth: auth.data });
    return peer === undefined ? { reason: "ticket", detail: who } : { peer, init, ppk: [] };
  }
  const peer = isGoodId(idi) ? peerOf(idi) : undefined;
  const ppk = answerPpk(context, sa, { peer, notifies, data: auth.data });
  const prf = PRFS[sa.suite.prf];
  const expected = pskAuth(prf, peer?.psk ?? tools.random(PSK_LEN), {
    firstMessage: init.request,
    otherNonce: init.nonceR,
    p: sa.keyed().keys.pi,
    idBody: idi.body,
    intAuth: intAuthOf(sa),
  });
  const isRight = ppk.kind === "verify" && isSameAuth(expected, ppk.data);
  if (peer === undefined) return { reason: "identity_unknown", detail: who };
  if (auth.method !== AUTH_METHOD.PSK) {
    return { reason: "auth_method", detail: `${who}: method ${auth.method}` };
  }
  if (ppk.kind === "refused") return { reason: "ppk", detail: who };
  return isRight ? { peer, init, ppk: ppk.answer } : { reason: "secret", detail: who };
}

/** IDr and AUTH of this side. */
function ownAuth({ settings }: Context, sa: IkeSa, { peer, init }: Known): Payload[] {
  const idr = makeId("idr", settings.localId);
  const { resumption } = sa;
  const data = resumption !== null
    ? resumedAuth(sa, { side: "r", init, idBody: idr.body })
    : pskAuth(PRFS[sa.suite.prf], peer.psk, {
      firstMessage: init.answer,
      otherNonce: init.nonceI,
      p: sa.keyed().keys.pr,
      idBody: idr.body,
      intAuth: intAuthOf(sa),
    });
  return [idr, { kind: "auth", method: AUTH_METHOD.PSK, data }];
}

/** RFC 7296 §2.4: other IKE SAs of the identity are gone, unless several devices share it. */
function endOthers(context: Context, sa: IkeSa, { notifies }: AuthRequest): void {
  const isFirst = findNotify(notifies, NOTIFY.INITIAL_CONTACT) !== undefined;
  if (!isFirst || sa.peer === null || sa.peer.isShared) return;
  for (const other of context.sas.values()) {
    if (other !== sa && other.identity === sa.identity) endSa(context, other, "replaced");
  }
}

/** Makes the Child SA that the request asks for. If that fails, the IKE SA stays up. */
function firstChild(
  context: Context,
  sa: IkeSa,
  { request, peer, init }: Known & { readonly request: AuthRequest },
): Answered {
  const { sa: offer, tsi, tsr, cp } = request;
  if (offer === null || tsi === null || tsr === null) return NOTHING;
  const proposals = readableProposals(offer, { of: "child", hasAdditionalKe: false });
  const chosen = chooseEsp({ proposals, ke: "first" }, context.settings.esp);
  if (chosen === undefined) {
    const theirs = proposalsText(offer.proposals);
    const detail = `theirs ${theirs}, ours ${policyText(context.settings.esp)}`;
    return without(sa, NOTIFY.NO_PROPOSAL_CHOSEN, { reason: "esp_proposal", detail });
  }
  const leased = peer.remote === null
    ? lease(peer.pools ?? context.settings.pools, sa, request)
    : [];
  if (peer.remote === null && leased.length === 0) {
    const type = cp === null ? NOTIFY.FAILED_CP_REQUIRED : NOTIFY.INTERNAL_ADDRESS_FAILURE;
    return without(sa, type, { reason: "address_pool_empty", detail: sa.identity });
  }
  const remote = narrow(tsi.selectors, peer.remote ?? leased.map(hostPrefix));
  const local = narrow(tsr.selectors, peer.local);
  if (remote === undefined || local === undefined) {
    return without(sa, NOTIFY.TS_UNACCEPTABLE, { reason: "selectors", detail: sa.identity });
  }
  const spiIn = context.tools.espSpi();
  const { child, inbound } = addChild(context, sa, {
    terms: {
      spiIn,
      spiOut: espSpiNumber(chosen.proposal.spi),
      suite: chosen.suite,
      local: local.prefixes,
      remote: remote.prefixes,
    },
    exchange: { isInitiator: false, nonceI: init.nonceI, nonceR: init.nonceR },
  });
  const transforms = transformsOf(chosen.suite);
  const proposal = { ...chosen.proposal, spi: espSpiOctets(spiIn), transforms };
  const config = cp?.type === CP_TYPE.REQUEST
    ? [configReply(cp, { ...context.settings, addresses: leased, local: peer.local })]
    : [];
  const payloads: Payload[] = [
    ...config,
    { kind: "sa", proposals: [proposal] },
    selectorsOf("tsi", remote.prefixes),
    selectorsOf("tsr", local.prefixes),
  ];
  const told = leased.length === 0
    ? []
    : [{ kind: "leased", ike: sa.id, addresses: leased } as const];
  const before = [...told, inbound];
  return { payloads, before, after: [], end: () => startSending(context, child) };
}

const NOTHING: Answered = { payloads: [], before: [], after: [] };

/** The answer without a Child SA (RFC 7296 §2.21.2). */
function without(sa: IkeSa, type: number, refusal: Refusal): Answered {
  const told = { kind: "refused", path: sa.path ?? 0, ...refusal } as const;
  return { payloads: [makeNotify(type)], before: [told], after: [] };
}

/** Takes an address for each family that the client asks for and that there is a pool of. */
function lease(pools: Pools, sa: IkeSa, { cp }: AuthRequest): IpAddress[] {
  if (cp === null) return [];
  const asked = askedAddresses(cp);
  const leased: IpAddress[] = [];
  for (const family of ["v4", "v6"] as const) {
    const [pool, want] = [pools[family], asked[family]];
    if (pool === null || want === undefined) continue;
    const wish = want.wish === undefined ? {} : { wish: want.wish };
    const address = pool.take({ identity: sa.identity, ...wish });
    if (address === undefined) continue;
    sa.leases.push(() => pool.release(address));
    leased.push(address);
  }
  return leased;
}

function hostPrefix({ octets }: IpAddress): Prefix {
  return makePrefix(octets, octets.length * 8);
}

/** Octets of the secret that stands for a peer that there is not. */
const PSK_LEN = 32;
