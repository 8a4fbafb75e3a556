// The IKE SA that takes the place of another. It has the same number, peer, path, Child SAs and
// addresses, and new keys, SPIs and Message IDs.

import { nextIkeKeys } from "../keys/ike_keys.ts";
import { PRFS } from "../keys/prf.ts";
import { type IkeSuite, keyLenOf } from "../suites/suite.ts";
import { rekeyTime } from "./children.ts";
import { addSa, type Context, keysTextOf } from "./context.ts";
import { createIkeSa, type IkeSa } from "./ike_sa.ts";
import { spendTicket } from "./resumption.ts";
import { createOwnRequests, createPeerRequests } from "./windows.ts";

/** What both sides have agreed on for a new IKE SA. */
export interface Agreed {
  /** Whether this side began the rekey: it is the new IKE SA's initiator (RFC 7296 §2.18). */
  readonly isInitiator: boolean;
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly suite: IkeSuite;
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** This wipes it, and those behind it. */
  readonly secret: Uint8Array;
  /** Secrets of additional key exchanges. */
  readonly more: readonly Uint8Array[];
}

/** Makes an IKE SA that is known by its SPIs and has nothing of the old one yet. */
export function createSuccessor(context: Context, old: IkeSa, agreed: Agreed): IkeSa {
  const { isInitiator, spiI, spiR, suite, secret, more } = agreed;
  const predecessor = { prf: PRFS[old.suite.prf], d: old.keyed().keys.d };
  const lens = { prf: PRFS[suite.prf], encryptionLen: keyLenOf(suite) };
  const keys = nextIkeKeys(predecessor, secret, { seed: agreed, lens, more });
  for (const octets of [secret, ...more]) octets.fill(0);
  const next = createIkeSa({
    id: old.id,
    isInitiator,
    spiI,
    spiR,
    own: createOwnRequests(0),
    theirs: createPeerRequests(0),
    begunAt: context.now,
    state: "waiting",
    suite,
    init: null,
    peer: old.peer,
    path: old.path,
    pair: old.pair,
    start: null,
    keys,
    tools: context.tools,
  });
  next.isCurrent = false;
  next.identity = old.identity;
  next.hasIntermediate = old.hasIntermediate;
  next.ids = old.ids;
  next.proven = old.proven;
  next.isMobile = old.isMobile;
  next.hasFragments = old.hasFragments;
  next.rekeyAt = rekeyTime(context, context.settings.lifetimes.ike);
  addSa(context, next);
  return next;
}

/** Moves all that an IKE SA has to its successor. The old one only waits for its Delete. */
export function moveTo(context: Context, old: IkeSa, next: IkeSa): void {
  for (const [spiIn, child] of old.children) next.children.set(spiIn, child);
  old.children.clear();
  next.leases.push(...old.leases.splice(0));
  spendTicket(context, old.ticket);
  next.isUpdateDue = old.isUpdateDue;
  next.isTicketDue = next.peer?.wantsTickets === true;
  old.state = "rekeyed";
  old.isCurrent = false;
  next.isCurrent = true;
  next.path = old.path;
  next.predecessor = old;
  old.predecessor = null;
  old.heardAt = context.now;
  next.state = "established";
  context.actions.push({
    kind: "rekeyed",
    ike: next.id,
    what: "ike",
    side: next.isInitiator ? "here" : "peer",
    keys: keysTextOf(next),
  });
}
