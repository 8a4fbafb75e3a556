// IKE_AUTH, the initiator's side (RFC 7296 §1.2, §2.15, §2.19).

import { makePrefix, type Prefix } from "../../model/prefix.ts";
import { identityKey, identityText, matchesPattern } from "../identity/identity.ts";
import { isSameAuth, pskAuth } from "../keys/auth.ts";
import { PRFS } from "../keys/prf.ts";
import { isInside, narrow } from "../selectors/narrow.ts";
import { accepted, espSuiteOf } from "../suites/accept.ts";
import { proposalsOf } from "../suites/choose.ts";
import { AUTH_METHOD, CP_ATTRIBUTE, CP_TYPE, EXCHANGE, PROTOCOL } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeId } from "../wire/payloads/id.ts";
import { findNotify, makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { proposalsText } from "../wire/proposal_text.ts";
import type { ContentOf } from "../wire/rules.ts";
import { addChild, espSpiNumber, espSpiOctets, selectorsOf, startSending } from "./children.ts";
import { byPeer } from "./by_peer.ts";
import { readReply } from "./config_payload.ts";
import { type Context, keysTextOf } from "./context.ts";
import { endSa, refuseSa } from "./end.ts";
import { failAuth } from "./fail_auth.ts";
import type { IkeSa, InitValues, Target } from "./ike_sa.ts";
import { ask } from "./ask.ts";
import { intAuthOf } from "./intermediate.ts";
import { requestPpk, takePpk } from "./ppk.ts";
import { firstRekeyTime, resumedAuth } from "./resumption.ts";
import { requestTicket, takeTicket } from "./take_ticket.ts";

/** Sends IKE_AUTH with the first Child SA in it. */
export function askAuth(context: Context, sa: IkeSa): void {
  const { init } = sa;
  const target = sa.start?.target;
  if (init === null || target === undefined) return;
  const { settings, tools } = context;
  const idi = makeId("idi", settings.localId);
  const authBy = (p: Uint8Array): Uint8Array =>
    sa.resumption !== null
      ? resumedAuth(sa, { side: "i", init, idBody: idi.body })
      : pskAuth(PRFS[sa.suite.prf], target.peer.psk, {
        firstMessage: init.request,
        otherNonce: init.nonceR,
        p,
        idBody: idi.body,
        intAuth: intAuthOf(sa),
      });
  const asked = requestPpk(sa);
  sa.mixed = asked?.mixed ?? null;
  const data = authBy((sa.mixed ?? sa.keyed().keys).pi);
  const ppk = asked === null ? [] : [
    makeNotify(NOTIFY.PPK_IDENTITY, asked.ppk.id),
    ...(asked.ppk.isMandatory ? [] : [makeNotify(NOTIFY.NO_PPK_AUTH, authBy(sa.keyed().keys.pi))]),
  ];
  sa.offer = { spiIn: tools.espSpi(), ...offeredPrefixes(target) };
  const payloads: Payload[] = [
    idi,
    { kind: "auth", method: AUTH_METHOD.PSK, data },
    makeNotify(NOTIFY.INITIAL_CONTACT),
    ...ppk,
    ...requestTicket(sa),
    makeNotify(NOTIFY.MOBIKE_SUPPORTED),
    ...configRequest(target),
    { kind: "sa", proposals: espProposals(context, sa.offer.spiIn) },
    selectorsOf("tsi", sa.offer.local),
    selectorsOf("tsr", sa.offer.remote),
  ];
  ask(context, sa, { what: { kind: "auth" }, exchange: EXCHANGE.IKE_AUTH, payloads });
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
  const expected = resumption !== null
    ? resumedAuth(sa, { side: "r", init, idBody: idr.body })
    : pskAuth(PRFS[sa.suite.prf], peer.psk, {
      firstMessage: init.answer,
      otherNonce: init.nonceI,
      p: sa.keyed().keys.pr,
      idBody: idr.body,
      intAuth: intAuthOf(sa),
    });
  if (auth.method !== AUTH_METHOD.PSK) {
    return failAuth(context, sa, { reason: "auth_method", detail: `${who}: ${auth.method}` });
  }
  if (!isSameAuth(expected, auth.data)) {
    return failAuth(context, sa, { reason: "secret", detail: who });
  }
  sa.state = "established";
  sa.identity = identityKey(idr);
  sa.ids = { ours: makeId("idi", context.settings.localId).body, theirs: idr.body.slice() };
  sa.isMobile = findNotify(answer.notifies, NOTIFY.MOBIKE_SUPPORTED) !== undefined;
  sa.rekeyAt = firstRekeyTime(context, sa);
  sa.start = null;
  const common = { ike: sa.id, peer: peer.name, identity: who, path: sa.path ?? 0 };
  const tookMs = context.now - sa.begunAt;
  context.actions.push({ kind: "established", ...common, keys: keysTextOf(sa), tookMs });
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
