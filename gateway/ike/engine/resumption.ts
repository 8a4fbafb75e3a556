// What both sides of a session resumption do alike (RFC 5723 §4.3.3, §5), and what a responder
// keeps of tickets: the names of those that may not come again.

import { createHash } from "node:crypto";
import { type IkeKeys, resumedIkeKeys } from "../keys/ike_keys.ts";
import { signedParts } from "../keys/auth.ts";
import { prf, PRFS } from "../keys/prf.ts";
import { cipherOf, keyExchangeOf, prfOf } from "../suites/choose.ts";
import { type IkeSuite, keyLenOf } from "../suites/suite.ts";
import type { TicketSuite } from "../tickets/ticket.ts";
import { fraction, rekeyTime } from "./children.ts";
import type { Context } from "./context.ts";
import type { IkeSa, InitValues } from "./ike_sa.ts";
import type { PeerPolicy } from "./settings.ts";

/** The keys of an IKE SA that resumes another. */
export function keysOfResumed(
  { suite, d }: { readonly suite: IkeSuite; readonly d: Uint8Array },
  seed: Parameters<typeof resumedIkeKeys>[1],
): IkeKeys {
  const lens = { prf: PRFS[suite.prf], encryptionLen: keyLenOf(suite) };
  return resumedIkeKeys(d, seed, lens);
}

/** AUTH of one side: prf(SK_p, signed octets). */
export function resumedAuth(
  sa: IkeSa,
  { side, init, idBody }: {
    readonly side: "i" | "r";
    readonly init: InitValues;
    readonly idBody: Uint8Array;
  },
): Uint8Array {
  const { pi, pr } = sa.keyed().keys;
  const kind = PRFS[sa.suite.prf];
  const [p, firstMessage, otherNonce] = side === "i"
    ? [pi, init.request, init.nonceR]
    : [pr, init.answer, init.nonceI];
  return prf(kind, p, ...signedParts(kind, { firstMessage, otherNonce, p, idBody }));
}

/**
 * When an IKE SA that has come up is rekeyed. One that resumes another has had no key exchange of
 * its own: it gets one soon, from the initiator if that one does it, else from the responder.
 */
export function firstRekeyTime(context: Context, { isInitiator, resumption }: IkeSa): number {
  if (resumption === null) return rekeyTime(context, context.settings.lifetimes.ike);
  return context.now + (isInitiator ? 20_000 : 60_000) * (1 + fraction(context.tools.random(4)));
}

/** The suite of an IKE SA in a ticket. */
export function ticketSuite({ encr, keyBits, prf, ke, ke1 }: IkeSuite): TicketSuite {
  return { encr, keyBits: keyBits ?? 0, prf, ke, ke1: ke1 ?? 0 };
}

/** The suite that a ticket has; undefined if it is not allowed here any more. */
export function suiteOfTicket({ settings }: Context, from: TicketSuite): IkeSuite | undefined {
  const keyBits = from.keyBits === 0 ? null : from.keyBits;
  const cipher = cipherOf({ type: 0, id: from.encr, keyBits, isForeign: false });
  const [prf, ke] = [prfOf(from.prf), keyExchangeOf(from.ke)];
  const ke1 = from.ke1 === 0 ? undefined : keyExchangeOf(from.ke1);
  if (cipher === undefined || prf === undefined || ke === undefined) return undefined;
  const { ciphers, prfs } = settings.ike;
  const isAllowed = prfs.includes(prf) &&
    ciphers.some((one) => one.encr === cipher.encr && one.keyBits === cipher.keyBits);
  return isAllowed ? { ...cipher, prf, ke, ...(ke1 === undefined ? {} : { ke1 }) } : undefined;
}

/** A digest of a policy with its secrets: after a change the tickets of the peer are of no use. */
export function policyDigest(peer: PeerPolicy): Uint8Array {
  const known = DIGESTS.get(peer);
  if (known !== undefined) return known;
  const text = JSON.stringify(peer, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}`;
    return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
  });
  const digest = Uint8Array.from(createHash("sha256").update(text).digest());
  DIGESTS.set(peer, digest);
  return digest;
}

const DIGESTS = new WeakMap<PeerPolicy, Uint8Array>();

/** Takes the last ticket of an IKE SA out of use: it is rekeyed, ended or resumed (§6.2). */
export function spendTicket(context: Context, name: string | null): void {
  const { settings: { tickets }, spent } = context;
  if (tickets === undefined || name === null) return;
  const now = context.wallMs();
  if (spent.size >= SPENT_MAX) {
    for (const [other, until] of spent) if (until <= now) spent.delete(other);
  }
  spent.set(name, now + tickets.lifetimeMs);
}

/** Whether a ticket may not come, or nobody can say so because too many have been spent. */
export function isSpent({ spent }: Context, name: string): boolean {
  return spent.has(name) || spent.size >= SPENT_MAX;
}

/** Most names of spent tickets; 100 octets each. */
const SPENT_MAX = 100_000;
