// Rekeys of Child SAs that this side begins (RFC 7296 §1.3.3, §2.8).

import type { KeyExchangeId } from "../keys/key_exchange.ts";
import { isInside, narrow } from "../selectors/narrow.ts";
import { accepted, espSuiteOf } from "../suites/accept.ts";
import { proposalsOf } from "../suites/choose.ts";
import type { EspSuite } from "../suites/suite.ts";
import { EXCHANGE, KE, PROTOCOL } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { Payload, RawPayload } from "../wire/payloads/payload.ts";
import { type ContentOf, readAnswer } from "../wire/rules.ts";
import type { RekeyedAction } from "./actions.ts";
import { ask } from "./ask.ts";
import type { Child } from "./child_sa.ts";
import {
  addChild,
  type ChildTerms,
  espSpiNumber,
  espSpiOctets,
  removeChild,
  selectorsOf,
  startSending,
  stopSending,
} from "./children.ts";
import type { Context } from "./context.ts";
import { endSa } from "./end.ts";
import { askFollowup, dropChain, linkOf } from "./followup.ts";
import type { ChildRekey, IkeSa } from "./ike_sa.ts";
import {
  isOursRedundant,
  NONCE_LEN,
  pairOf,
  rekeyMethod,
  retryTime,
  wantedMethod,
} from "./rekey.ts";

/** Asks for a Child SA in the place of another, with the selectors in use. */
export function askRekeyChild(
  context: Context,
  sa: IkeSa,
  { old, ke, tried }: {
    readonly old: Child;
    readonly ke?: KeyExchangeId;
    readonly tried: readonly KeyExchangeId[];
  },
): void {
  const { settings: { esp }, tools } = context;
  const method = ke ?? rekeyMethod(esp.kes, sa, tried);
  const others = esp.kes.filter((id) => id !== method);
  const kes = method === null ? [] : [method, ...others, KE.NONE];
  const ke1s = sa.hasIntermediate ? esp.ke1s : undefined;
  const spiIn = tools.espSpi();
  const rekey: ChildRekey = {
    old,
    spiIn,
    nonce: tools.random(NONCE_LEN),
    offered: proposalsOf(esp, { protocol: PROTOCOL.ESP, spi: espSpiOctets(spiIn), kes, ke1s }),
    ke: method,
    pair: pairOf(method),
    tried: method === null ? tried : [...tried, method],
    theirs: null,
  };
  const payloads: Payload[] = [
    {
      ...makeNotify(NOTIFY.REKEY_SA),
      protocol: PROTOCOL.ESP,
      spi: espSpiOctets(old.spiIn),
    },
    { kind: "sa", proposals: rekey.offered },
    { kind: "nonce", data: rekey.nonce },
    ...keData(rekey),
    selectorsOf("tsi", old.local),
    selectorsOf("tsr", old.remote),
  ];
  ask(context, sa, {
    what: { kind: "rekeyChild", rekey },
    exchange: EXCHANGE.CREATE_CHILD_SA,
    payloads,
  });
}

function keData({ ke, pair }: ChildRekey): Payload[] {
  return ke === null || pair === null ? [] : [{ kind: "ke", method: ke, data: pair.publicValue }];
}

/** Takes the answer to such a request. */
export function takeRekeyChild(
  context: Context,
  sa: IkeSa,
  { rekey, payloads }: {
    readonly rekey: ChildRekey;
    readonly payloads: readonly RawPayload[];
  },
): void {
  const parsed = readAnswer("createChildResponse", payloads);
  if ("fault" in parsed) return endSa(context, sa, "malformed");
  if (parsed.value.kind === "refused") {
    return takeRefusal(context, sa, { rekey, notifies: parsed.value.notifies });
  }
  const { content } = parsed.value;
  const terms = termsOf(rekey, content);
  const secret = terms && sharedSecret(rekey, { suite: terms.suite, content });
  if (terms === undefined || secret === undefined) return endSa(context, sa, "malformed");
  const nonces = { nonceI: rekey.nonce, nonceR: content.nonce.data.slice() };
  const isOurs = !isRedundant(rekey, nonces);
  const make = (more: readonly Uint8Array[]): void => {
    const exchange = { isInitiator: true, ...nonces, more, ...(secret === null ? {} : { secret }) };
    const { child, inbound } = addChild(context, sa, { terms, exchange });
    context.actions.push(inbound);
    settle(context, sa, { rekey, child, isOurs });
  };
  const { ke1 } = terms.suite;
  if (ke1 === undefined) return make([]);
  const link = linkOf(content.notifies);
  if (link === undefined) return endSa(context, sa, "malformed");
  if (!isOurs) {
    // RFC 9370 §2.2.4: nothing is made yet, so there is nothing to delete.
    secret?.fill(0);
    return;
  }
  dropChain(sa);
  const fail = (): void => {
    secret?.fill(0);
    if (rekey.old.state === "up") rekey.old.rekeyAt = retryTime(context);
  };
  const finish = (extra: Uint8Array): void => make([extra]);
  askFollowup(context, sa, { ke: ke1, of: "child", link, finish, fail });
}

function isRedundant(
  { theirs }: ChildRekey,
  nonces: Parameters<typeof isOursRedundant>[0],
): boolean {
  return theirs !== null && isOursRedundant(nonces, theirs);
}

/** The side whose SA is one too many deletes it; the other deletes the old one (§2.8.1). */
function settle(
  context: Context,
  sa: IkeSa,
  { rekey, child, isOurs }: {
    readonly rekey: ChildRekey;
    readonly child: Child;
    readonly isOurs: boolean;
  },
): void {
  const { old, theirs } = rekey;
  if (!isOurs) {
    stopSending(context, sa, child);
    child.state = "deleting";
    return;
  }
  context.actions.push(rekeyed(sa, "here"));
  startSending(context, child);
  dropChain(sa);
  if (theirs?.child) {
    stopSending(context, sa, theirs.child);
    theirs.child.state = "replaced";
    theirs.child.removeAt = context.now + REPLACED_MS;
  }
  old.next = child;
  if (old.state === "up" || old.state === "replaced") old.state = "deleting";
}

/** Tells of a Child SA that has a successor. */
export function rekeyed({ id }: IkeSa, side: RekeyedAction["side"]): RekeyedAction {
  return { kind: "rekeyed", ike: id, what: "child", side, keys: null };
}

/** How long a replaced SA waits for the peer's Delete before we delete it, ms. */
export const REPLACED_MS = 60_000;

type Content = ContentOf<"createChildResponse">;

/** The terms of the answer, if they lie inside what was asked for. */
function termsOf(
  { old, spiIn, offered }: ChildRekey,
  { sa, tsi, tsr }: Content,
): ChildTerms | undefined {
  const proposal = accepted(sa.proposals, offered);
  const suite = proposal && espSuiteOf(proposal);
  if (proposal?.spi.length !== 4 || suite === undefined) return undefined;
  if (!isInside(tsi.selectors, old.local) || !isInside(tsr.selectors, old.remote)) return undefined;
  const local = narrow(tsi.selectors, old.local);
  const remote = narrow(tsr.selectors, old.remote);
  if (local === undefined || remote === undefined) return undefined;
  const spiOut = espSpiNumber(proposal.spi);
  return { spiIn, spiOut, suite, local: local.prefixes, remote: remote.prefixes };
}

/** The shared secret; null without a key exchange, undefined if the answer's does not fit. */
function sharedSecret(
  { ke, pair }: ChildRekey,
  { suite, content }: { readonly suite: EspSuite; readonly content: Content },
): Uint8Array | null | undefined {
  if (suite.ke === null) return null;
  const answer = content.ke;
  if (answer === null || pair === null || suite.ke !== ke || answer.method !== ke) return undefined;
  return pair.agree(answer.data);
}

function takeRefusal(
  context: Context,
  sa: IkeSa,
  { rekey, notifies }: {
    readonly rekey: ChildRekey;
    readonly notifies: readonly NotifyPayload[];
  },
): void {
  const { old, theirs, tried } = rekey;
  // The peer's own rekey has given it a successor.
  if (theirs !== null || old.state !== "up") return;
  const ke = wantedMethod(notifies, context.settings.esp.kes, tried);
  if (ke !== undefined) return askRekeyChild(context, sa, { old, ke, tried });
  if (findNotify(notifies, NOTIFY.CHILD_SA_NOT_FOUND) !== undefined) {
    return removeChild(context, sa, old);
  }
  old.rekeyAt = retryTime(context);
}
