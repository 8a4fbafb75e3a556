// CREATE_CHILD_SA, the responder's side, for Child SAs (RFC 7296 §1.3.1, §1.3.3, §2.25).

import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import type { Prefix } from "../../model/prefix.ts";
import { narrow } from "../selectors/narrow.ts";
import { chooseEsp, type Chosen, transformsOf } from "../suites/choose.ts";
import type { EspSuite } from "../suites/suite.ts";
import { PROTOCOL } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { espSpiOf, findNotify, makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { readableProposals } from "../wire/proposals.ts";
import type { CreateChildRequest } from "../wire/rules.ts";
import type { InstallAction } from "./actions.ts";
import type { Answered } from "./answered.ts";
import type { Child } from "./child_sa.ts";
import { addChild, espSpiNumber, espSpiOctets, selectorsOf } from "./children.ts";
import type { Context } from "./context.ts";
import { endSa } from "./end.ts";
import { openChain } from "./followup.ts";
import type { IkeSa } from "./ike_sa.ts";
import { NONCE_LEN } from "./rekey.ts";
import { rekeyed, REPLACED_MS } from "./rekey_child.ts";

/** Answers a request for a Child SA, which may take the place of another. */
export function answerCreateChild(
  context: Context,
  sa: IkeSa,
  request: CreateChildRequest,
): Answered {
  const rekeyed = findNotify(request.notifies, NOTIFY.REKEY_SA);
  const old = rekeyed === undefined ? undefined : childOf(sa, rekeyed);
  const refusal = refusalOf(sa, rekeyed, old);
  if (refusal !== undefined) return only(refusal);
  const place = { of: "child", hasAdditionalKe: sa.hasIntermediate } as const;
  const proposals = readableProposals(request.sa, place);
  const chosen = chooseEsp({ proposals, ke: request.ke?.method ?? null }, context.settings.esp);
  if (chosen === undefined) return only(makeNotify(NOTIFY.NO_PROPOSAL_CHOSEN));
  const { ke } = chosen.suite;
  if (ke !== null && ke !== request.ke?.method) {
    return only(makeNotify(NOTIFY.INVALID_KE_PAYLOAD, Uint8Array.of(0, ke)));
  }
  return make(context, sa, { request, old, chosen });
}

/** The Child SA that a rekey names, by the SPI that the peer receives on. */
function childOf(sa: IkeSa, rekeyed: NotifyPayload): Child | undefined {
  const spi = espSpiOf(rekeyed);
  return [...sa.children.values()].find(({ spiOut }) => spiOut === spi);
}

/** Why nothing is made now (§2.25); undefined if nothing stands in the way. */
function refusalOf(
  sa: IkeSa,
  rekeyed: NotifyPayload | undefined,
  old: Child | undefined,
): NotifyPayload | undefined {
  const what = sa.own.outstanding()?.what.kind;
  if (what === "rekeyIke" || what === "followup") return makeNotify(NOTIFY.TEMPORARY_FAILURE);
  if (rekeyed === undefined) {
    return sa.children.size < CHILDREN_MAX ? undefined : makeNotify(NOTIFY.NO_ADDITIONAL_SAS);
  }
  if (old === undefined || old.state === "lingering") {
    return { ...makeNotify(NOTIFY.CHILD_SA_NOT_FOUND), protocol: PROTOCOL.ESP, spi: rekeyed.spi };
  }
  const isBusy = old.state !== "up" || sa.children.size >= CHILDREN_MAX;
  return isBusy ? makeNotify(NOTIFY.TEMPORARY_FAILURE) : undefined;
}

interface Making {
  readonly request: CreateChildRequest;
  readonly old: Child | undefined;
  readonly chosen: Chosen<EspSuite>;
}

function make(context: Context, sa: IkeSa, { request, old, chosen }: Making): Answered {
  const { suite, proposal } = chosen;
  const allowed = old ?? policyOf(sa);
  const remote = narrow(request.tsi.selectors, allowed.remote);
  const local = narrow(request.tsr.selectors, allowed.local);
  if (remote === undefined || local === undefined) return only(makeNotify(NOTIFY.TS_UNACCEPTABLE));
  const value = request.ke?.data ?? new Uint8Array(0);
  const pair = suite.ke === null ? null : KEY_EXCHANGES[suite.ke].respond(value);
  const secret = pair === null ? null : pair?.agree(value);
  if (pair === undefined || secret === undefined) {
    // RFC 6989 §2.5: a bad value under keys that are right ends the IKE SA.
    const end = (): void => endSa(context, sa, "malformed");
    return { ...only(makeNotify(NOTIFY.INVALID_SYNTAX)), end };
  }
  const nonces = { nonceI: request.nonce.data.slice(), nonceR: context.tools.random(NONCE_LEN) };
  const spiIn = context.tools.espSpi();
  const terms = {
    spiIn,
    spiOut: espSpiNumber(proposal.spi),
    suite,
    local: local.prefixes,
    remote: remote.prefixes,
  };
  const add = (more: readonly Uint8Array[]): InstallAction => {
    const given = secret === null ? {} : { secret };
    const exchange = { isInitiator: false, ...nonces, more, ...given };
    const { child, inbound } = addChild(context, sa, { terms, exchange });
    if (old !== undefined) replace(context, sa, { old, child, nonces });
    return inbound;
  };
  const spi = espSpiOctets(spiIn);
  const ke: Payload[] = suite.ke === null || pair === null
    ? []
    : [{ kind: "ke", method: suite.ke, data: pair.publicValue }];
  const payloads: Payload[] = [
    { kind: "sa", proposals: [{ ...proposal, spi, transforms: transformsOf(suite, proposal) }] },
    { kind: "nonce", data: nonces.nonceR },
    ...ke,
    selectorsOf("tsi", remote.prefixes),
    selectorsOf("tsr", local.prefixes),
  ];
  const after = old === undefined ? [] : [rekeyed(sa, "peer")];
  if (suite.ke1 === undefined) return { payloads, before: [add([])], after };
  const link = openChain(context, sa, {
    of: "child",
    ke: suite.ke1,
    // The old Child SA may have gone meanwhile.
    finish: (extra) => {
      const isThere = old === undefined ||
        (old.state === "up" && sa.children.get(old.spiIn) === old);
      return isThere ? { before: [add([extra])], after } : undefined;
    },
    drop: () => void secret?.fill(0),
  });
  const what = sa.own.outstanding()?.what;
  if (old !== undefined && what?.kind === "rekeyChild" && what.rekey.old === old) {
    what.rekey.theirs = { child: null, ...nonces };
  }
  return { payloads: [...payloads, link], before: [], after: [] };
}

/** Notes the successor. If we have asked for one too, the answer decides which of them stays. */
function replace(
  context: Context,
  sa: IkeSa,
  { old, child, nonces }: {
    readonly old: Child;
    readonly child: Child;
    readonly nonces: { readonly nonceI: Uint8Array; readonly nonceR: Uint8Array };
  },
): void {
  old.state = "replaced";
  old.next = child;
  old.removeAt = context.now + REPLACED_MS;
  const what = sa.own.outstanding()?.what;
  if (what?.kind === "rekeyChild" && what.rekey.old === old) {
    what.rekey.theirs = { child, ...nonces };
  }
}

/** What a further Child SA may have: all that the peer may have, or the addresses that it has. */
function policyOf(
  sa: IkeSa,
): { readonly local: readonly Prefix[]; readonly remote: readonly Prefix[] } {
  const remote = sa.peer?.remote ?? [...sa.children.values()].flatMap((child) => child.remote);
  return { local: sa.peer?.local ?? [], remote };
}

function only(notify: NotifyPayload): Answered {
  return { payloads: [notify], before: [], after: [] };
}

/** Most Child SAs of an IKE SA, those included that are on their way out. */
const CHILDREN_MAX = 8;
