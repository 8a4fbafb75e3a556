// What both sides of a session resumption do alike (RFC 5723 §4.3.3, §5), and what a responder
// keeps of tickets: the names of those that may not come again.

import { createHash } from "node:crypto";
import type { CertificateSettings } from "../certificates/settings.ts";
import { type IkeKeys, resumedIkeKeys } from "../keys/ike_keys.ts";
import { type Signed, signedParts } from "../keys/auth.ts";
import { prf, PRFS } from "../keys/prf.ts";
import { cipherOf, keyExchangeOf, prfOf } from "../suites/choose.ts";
import { type IkeSuite, keyLenOf } from "../suites/suite.ts";
import type { TicketSuite } from "../tickets/ticket.ts";
import { fraction, rekeyTime } from "./children.ts";
import type { Context } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";
import type { IkeSettings, PeerPolicy } from "./settings.ts";

/** The keys of an IKE SA that resumes another. */
export function keysOfResumed(
  { suite, d }: { readonly suite: IkeSuite; readonly d: Uint8Array },
  seed: Parameters<typeof resumedIkeKeys>[1],
): IkeKeys {
  const lens = { prf: PRFS[suite.prf], encryptionLen: keyLenOf(suite) };
  return resumedIkeKeys(d, seed, lens);
}

/** AUTH of one side: prf(SK_p, signed octets). */
export function resumedAuth({ suite }: IkeSa, signed: Signed): Uint8Array {
  const kind = PRFS[suite.prf];
  return prf(kind, signed.p, ...signedParts(kind, signed));
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

/**
 * A digest of a policy with its secrets: after a change the tickets of the peer are of no use. For
 * a peer with a certificate that goes for CAs and CRLs too, since a ticket shows no certificate
 * that could be validated again.
 */
export function policyDigest({ certificates }: IkeSettings, peer: PeerPolicy): Uint8Array {
  const ofPeer = digestOf(peer, peer);
  if (peer.auth?.peer !== "cert" || certificates === undefined) return ofPeer;
  return Uint8Array.from(
    createHash("sha256").update(ofPeer).update(trustDigest(certificates)).digest(),
  );
}

/** A digest of what decides whether a certificate is good. */
export function trustDigest(certificates: CertificateSettings): Uint8Array {
  const { own: _, ...trust } = certificates;
  return digestOf(certificates, trust);
}

/** The digest of a value; it is computed once for its owner. */
function digestOf(owner: object, value: object): Uint8Array {
  const known = DIGESTS.get(owner);
  if (known !== undefined) return known;
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}`;
    return part instanceof Uint8Array ? Buffer.from(part).toString("base64") : part;
  });
  const digest = Uint8Array.from(createHash("sha256").update(text).digest());
  DIGESTS.set(owner, digest);
  return digest;
}

const DIGESTS = new WeakMap<object, Uint8Array>();

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
