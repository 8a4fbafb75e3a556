// IKE_AUTH, the initiator's side (RFC 7296 §1.2, §2.15, §2.19).

import { makePrefix, type Prefix } from "../../model/prefix.ts";
import { identityKey, identityText, matchesPattern } from "../identity/identity.ts";
import { isInside, narrow } from "../selectors/narrow.ts";
import { accepted, espSuiteOf } from "../suites/accept.ts";
import { proposalsOf } from "../suites/choose.ts";
import { CP_ATTRIBUTE, CP_TYPE, EXCHANGE, PROTOCOL } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeId } from "../wire/payloads/id.ts";
import { findNotify, makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { proposalsText } from "../wire/proposal_text.ts";
import type { ContentOf } from "../wire/rules.ts";
import { addChild, espSpiNumber, espSpiOctets, selectorsOf, startSending } from "./children.ts";
import { byPeer } from "./by_peer.ts";
import { readReply } from "./config_payload.ts";
import { certificateRequest } from "./certificate_payloads.ts";
import { type Context, keysTextOf } from "./context.ts";
import { endSa, refuseSa } from "./end.ts";
import { failAuth } from "./fail_auth.ts";
import type { IkeSa, InitValues, Target } from "./ike_sa.ts";
import { ask } from "./ask.ts";
import { checkProof, makeProof, type Proof, type Refusal } from "./proof.ts";
import { requestPpk, takePpk } from "./ppk.ts";
import { firstRekeyTime } from "./resumption.ts";
import { requestTicket, takeTicket } from "./take_ticket.ts";

/** Sends IKE_AUTH with the first Child SA in it. */
export function askAuth(context: Context, sa: IkeSa): void {
  const { init } = sa;
  const target = sa.start?.target;
  if (init === null || target === undefined) return;
  const { settings, tools } = context;
  const idi = makeId("idi", settings.localId);
  const proof = ownProof(context, sa, { peer: target.peer, init, id: idi });
  if ("reason" in proof) return refuseSa(context, sa, proof);
  sa.offer = { spiIn: tools.espSpi(), ...offeredPrefixes(target) };
  const payloads: Payload[] = [
    idi,
    ...proof.certs,
    ...(sa.resumption === null ? certificateRequest(context) : []),
    proof.auth,
    makeNotify(NOTIFY.INITIAL_CONTACT),
    ...proof.ppk,
    ...requestTicket(sa),
    makeNotify(NOTIFY.MOBIKE_SUPPORTED),
    ...configRequest(target),
    { kind: "sa", proposals: espProposals(context, sa.offer.spiIn) },
    selectorsOf("tsi", sa.offer.local),
    selectorsOf("tsr", sa.offer.remote),
  ];
  ask(context, sa, { what: { kind: "auth" }, exchange: EXCHANGE.IKE_AUTH, payloads });
}

/** Of this side, with a PPK also its name, and AUTH without it if it may be left out. */
function ownProof(
  context: Context,
  sa: IkeSa,
  signer: Parameters<typeof makeProof>[2],
): Proof & { readonly ppk: readonly Payload[] } | Refusal {
  const asked = requestPpk(sa);
  sa.mixed = asked?.mixed ?? null;
  const proof = makeProof(context, sa, { ...signer, keys: sa.mixed ?? sa.keyed().keys });
  if ("reason" in proof) return proof;
  if (asked === null) return { ...proof, ppk: [] };
  const name = makeNotify(NOTIFY.PPK_IDENTITY, asked.ppk.id);
  if (asked.ppk.isMandatory) return { ...proof, ppk: [name] };
  const without = makeProof(context, sa, signer);
  if ("reason" in without) return without;
  return { ...proof, ppk: [name, makeNotify(NOTIFY.NO_PPK_AUTH, without.auth.data)] };
}

function espProposals(context: Context, spiIn: number): ReturnType<typeof proposalsOf> {
  const head = { protocol: PROTOCOL.ESP, spi: espSpiOctets(spiIn), kes: [] };
  return proposalsOf(context.settings.esp, head);
}

/** With an address that the responder chooses, everything is offered; it narrows that. */
function offeredPrefixes(
  { peer, addresses }: Target,
): { readonly local: readonly Prefix[]; readonly remote: readonly Prefix[] } {
  const any = addresses.map((family) => makePrefix(new Uint8Array(family === "v4" ? 4 : 16), 0));
  const local = addresses.length === 0 ? peer.local : any;
  return { local, remote: peer.remote ?? any };
}

function configRequest({ addresses }: Target): Payload[] {
  if (addresses.length === 0) return [];
  const types = addresses.flatMap((family) => ASKED[family]);
  const attributes = [...types, CP_ATTRIBUTE.INTERNAL_DNS_DOMAIN]
    .map((type) => ({ type, value: new Uint8Array(0) }));
  return [{ kind: "cp", type: CP_TYPE.REQUEST, attributes }];
}

const ASKED = {
  v4: [CP_ATTRIBUTE.INTERNAL_IP4_ADDRESS, CP_ATTRIBUTE.INTERNAL_IP4_DNS],
  v6: [CP_ATTRIBUTE.INTERNAL_IP6_ADDRESS, CP_ATTRIBUTE.INTERNAL_IP6_DNS],
} as const;

/** The answer of IKE_AUTH. It came out of SK, but from whom is known only after its AUTH. */
export function takeAuthAnswer(
  context: Context,
  sa: IkeSa,
  answer: ContentOf<"ikeAuthResponse">,
): void {
  const { init, peer } = sa;
  if (sa.state !== "auth_sent" || init === null || peer === null) return;
  const { idr, auth } = answer;
  if (idr === null || auth === null) {
    return refuseSa(context, sa, byPeer(answer.notifies, offeredText(context)));
  }
  const who = identityText(idr);
  if (!matchesPattern(peer.remoteId, idr)) {
    return failAuth(context, sa, { reason: "identity_unknown", detail: who });
  }
  if (!takePpk(sa, answer.notifies)) {
    return failAuth(context, sa, { reason: "ppk", detail: `${who} has left it out` });
  }
  const { resumption } = sa;
  if (resumption !== null && Buffer.compare(resumption.server, idr.body) !== 0) {
    return failAuth(context, sa, { reason: "identity_unknown", detail: who });
  }
  const believed = checkProof(context, sa, { peer, init, id: idr, certs: answer.certs, auth });
  if ("reason" in believed) return failAuth(context, sa, believed);
  sa.state = "established";
  sa.identity = identityKey(idr);
  sa.ids = { ours: makeId("idi", context.settings.localId).body, theirs: idr.body.slice() };
  sa.proven = believed.proven;
  sa.isMobile = findNotify(answer.notifies, NOTIFY.MOBIKE_SUPPORTED) !== undefined;
  sa.rekeyAt = firstRekeyTime(context, sa);
  sa.start = null;
  const common = { ike: sa.id, peer: peer.name, identity: who, path: sa.path ?? 0 };
  const tookMs = context.now - sa.begunAt;
  const isResumed = resumption !== null;
  const keys = keysTextOf(sa);
  context.actions.push({ kind: "established", ...common, keys, isResumed, tookMs });
  takeTicket(context, sa, answer.notifies);
  takeChild(context, sa, { answer, init });
}

/** Installs the Child SA that the responder has chosen, if it is one that was offered. */
function takeChild(
  context: Context,
  sa: IkeSa,
  { answer, init }: { readonly answer: ContentOf<"ikeAuthResponse">; readonly init: InitValues },
): void {
  const { sa: chosen, tsi, tsr, cp, notifies } = answer;
  const { offer } = sa;
  if (offer === null) return;
  if (chosen === null || tsi === null || tsr === null) {
    const refusal = byPeer(notifies, offeredText(context));
    const detail = `Child SA: ${refusal.detail}`;
    context.actions.push({ kind: "refused", path: sa.path ?? 0, ...refusal, detail });
    return;
  }
  const proposal = accepted(chosen.proposals, espProposals(context, offer.spiIn));
  const suite = proposal && espSuiteOf(proposal);
  const local = isInside(tsi.selectors, offer.local)
    ? narrow(tsi.selectors, offer.local)
    : undefined;
  const remote = isInside(tsr.selectors, offer.remote)
    ? narrow(tsr.selectors, offer.remote)
    : undefined;
  if (proposal?.spi.length !== 4 || suite === undefined || local === undefined || !remote) {
    endSa(context, sa, "malformed");
    return;
  }
  const { child, inbound } = addChild(context, sa, {
    terms: {
      spiIn: offer.spiIn,
      spiOut: espSpiNumber(proposal.spi),
      suite,
      local: local.prefixes,
      remote: remote.prefixes,
    },
    exchange: { isInitiator: true, nonceI: init.nonceI, nonceR: init.nonceR },
  });
  context.actions.push(inbound);
  startSending(context, child);
  context.actions.push({ kind: "configured", ike: sa.id, ...readReply(cp) });
}

/** What a Child SA is asked for with, as text. */
function offeredText(context: Context): string {
  return proposalsText(espProposals(context, 0));
}
