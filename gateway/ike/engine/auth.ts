// IKE_AUTH, the responder's side (RFC 7296 §1.2, §2.15, §2.19). The order of the steps matters:
// nothing is installed, leased or ended before the peer has proved who it is.

import { makePrefix, type Prefix } from "../../model/prefix.ts";
import type { IpAddress } from "../../model/address.ts";
import { identityKey, identityText } from "../identity/identity.ts";
import { narrow } from "../selectors/narrow.ts";
import { policyText } from "../suites/policy_text.ts";
import { chooseEsp, transformsOf } from "../suites/choose.ts";
import { CP_TYPE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { type IdPayload, isGoodId, makeId } from "../wire/payloads/id.ts";
import { findNotify, makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { proposalsText } from "../wire/proposal_text.ts";
import { readableProposals } from "../wire/proposals.ts";
import type { ContentOf } from "../wire/rules.ts";
import type { Answered } from "./answered.ts";
import { addChild, espSpiNumber, espSpiOctets, selectorsOf, takeSending } from "./children.ts";
import { askedAddresses, configReply } from "./config_payload.ts";
import { type Context, keysTextOf } from "./context.ts";
import { endSa, refuseSa } from "./end.ts";
import { giveTicket } from "./give_ticket.ts";
import type { IkeSa, InitValues } from "./ike_sa.ts";
import { acceptMobike } from "./mobike.ts";
import { answerPpk } from "./ppk.ts";
import { type Believed, checkProof, makeProof, type Refusal } from "./proof.ts";
import { firstRekeyTime } from "./resumption.ts";
import { endResumed, resumedPeer } from "./resume.ts";
import type { PeerPolicy, Pools } from "./settings.ts";

/** What a request of IKE_AUTH says. */
export type AuthRequest = ContentOf<"ikeAuthRequest">;

/** Answers the first request under the keys of a half-open IKE SA. */
export function answerAuth(context: Context, sa: IkeSa, request: AuthRequest): Answered {
  const policy = authenticated(context, sa, request);
  if ("reason" in policy) return failed(context, sa, policy);
  const { peer, proven } = policy;
  const idr = makeId("idr", context.settings.localId);
  const proof = makeProof(context, sa, { ...policy, id: idr });
  if ("reason" in proof) return failed(context, sa, proof);
  sa.state = "established";
  if (sa.digest !== null) context.halfOpen.end(sa.digest);
  sa.peer = peer;
  sa.identity = identityKey(request.idi);
  sa.ids = { ours: idr.body, theirs: request.idi.body.slice() };
  sa.proven = proven;
  sa.rekeyAt = firstRekeyTime(context, sa);
  if (sa.resumption !== null) endResumed(context, sa.resumption);
  endOthers(context, sa, request);
  endOldest(context, sa);
  const established = {
    kind: "established",
    ike: sa.id,
    peer: peer.name,
    identity: identityText(request.idi),
    path: sa.path ?? 0,
    keys: keysTextOf(sa),
    isResumed: sa.resumption !== null,
    tookMs: context.now - sa.begunAt,
  } as const;
  const child = firstChild(context, sa, { request, ...policy });
  const mobike = acceptMobike(request.notifies);
  const ticket = giveTicket(context, sa, request.notifies);
  const own = [idr, ...proof.certs, proof.auth];
  const payloads = [...own, ...policy.ppk, ...ticket, ...mobike, ...child.payloads];
  return { ...child, payloads, before: [established, ...child.before] };
}

function failed(context: Context, sa: IkeSa, refusal: Refusal): Answered {
  const payloads = [makeNotify(NOTIFY.AUTHENTICATION_FAILED)];
  return { payloads, before: [], after: [], end: () => refuseSa(context, sa, refusal) };
}

interface Known extends Believed {
  readonly init: InitValues;
  /** Says that the postquantum preshared key is in use. */
  readonly ppk: readonly Payload[];
}

/** Finds the peer's policy and checks its AUTH. */
function authenticated(
  context: Context,
  sa: IkeSa,
  { idi, auth, certs, notifies }: AuthRequest,
): Known | Refusal {
  const { init } = sa;
  if (init === null || auth === null) return { reason: "auth_method", detail: "EAP" };
  const peer = peerOf(context, sa, idi);
  const ppk = answerPpk(context, sa, { peer, notifies, data: auth.data });
  const claimed = { peer, init, id: idi, certs, auth: { ...auth, data: ppk.data } };
  const believed = checkProof(context, sa, claimed);
  if (peer !== undefined && ppk.isRefused) return { reason: "ppk", detail: identityText(idi) };
  return "reason" in believed ? believed : { ...believed, init, ppk: ppk.answer };
}

function peerOf(context: Context, { resumption }: IkeSa, idi: IdPayload): PeerPolicy | undefined {
  if (resumption !== null) return resumedPeer(context, resumption, idi);
  return isGoodId(idi) ? context.peerOf(idi) : undefined;
}

/** RFC 7296 §2.4: other IKE SAs of the identity are gone, unless several devices share it. */
function endOthers(context: Context, sa: IkeSa, { notifies }: AuthRequest): void {
  const isFirst = findNotify(notifies, NOTIFY.INITIAL_CONTACT) !== undefined;
  if (!isFirst || sa.peer === null || sa.peer.isShared) return;
  for (const other of context.sas.values()) {
    if (other !== sa && other.identity === sa.identity) endSa(context, other, "replaced");
  }
}

/**
 * A device may begin anew before its last IKE SA has ended. It cannot have more and more of them,
 * each with an address that others need: the oldest ones give way.
 */
function endOldest(context: Context, sa: IkeSa): void {
  if (sa.peer === null || sa.peer.isShared) return;
  const same = [...context.sas.values()].filter((other) =>
    other.isCurrent && other.state !== "dead" && other.identity === sa.identity
  );
  for (const other of same.slice(0, -OF_IDENTITY_MAX)) endSa(context, other, "replaced");
}

/** Most IKE SAs of one identity that no devices share. */
const OF_IDENTITY_MAX = 4;

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
  const before = [...told, inbound, ...takeSending(child)];
  return { payloads, before, after: [] };
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
