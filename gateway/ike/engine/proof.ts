// AUTH of both sides, by a secret or by a certificate (RFC 7296 §2.15, RFC 7427, RFC 4945), or by
// the keys of an IKE SA that was resumed (RFC 5723 §4.3.3). Each direction has a method of its own.

import { algorithmOf, CURVE_METHODS, schemeOf } from "../certificates/algorithms.ts";
import { schemeFor } from "../certificates/credentials.ts";
import { identityText } from "../identity/identity.ts";
import { isSameAuth, pskAuth, type Signed, signedParts } from "../keys/auth.ts";
import type { IkeKeys } from "../keys/ike_keys.ts";
import { PRFS } from "../keys/prf.ts";
import { isSigned, type Scheme, signWith } from "../keys/signatures.ts";
import { AUTH_METHOD, CERT } from "../wire/constants.ts";
import { type AuthPayload, makeSignature, parseSignature } from "../wire/payloads/auth.ts";
import type { CertPayload } from "../wire/payloads/cert.ts";
import type { IdPayload } from "../wire/payloads/id.ts";
import type { RefusedAction } from "./actions.ts";
import { certificateRefusal } from "./certificate_refusal.ts";
import type { Context } from "./context.ts";
import { BY_SECRET, type IkeSa, type InitValues, type Proven } from "./ike_sa.ts";
import { intAuthOf } from "./intermediate.ts";
import { resumedAuth } from "./resumption.ts";
import type { PeerPolicy } from "./settings.ts";

/** Why somebody is not believed. */
export type Refusal = Pick<RefusedAction, "reason" | "detail">;

/** The half-open IKE SA, and who signs in it: `idi` is the initiator's, `idr` the responder's. */
interface Signer {
  readonly init: InitValues;
  readonly id: IdPayload;
  /** Left out for those that the IKE SA has: with a PPK an initiator has others (RFC 8784 §3). */
  readonly keys?: Pick<IkeKeys, "pi" | "pr">;
}

/** What a side sends of itself. */
export interface Proof {
  readonly certs: readonly CertPayload[];
  readonly auth: AuthPayload;
}

/** What this side sends. It is refused if the peer could not verify it. */
export function makeProof(
  context: Context,
  sa: IkeSa,
  { peer, ...signer }: Signer & { readonly peer: PeerPolicy },
): Proof | Refusal {
  if (sa.resumption !== null) return byMac(resumedAuth(sa, signedBy(sa, signer)));
  if (peer.auth?.own === "cert") return makeSigned(context, sa, { peer, ...signer });
  if (peer.psk === null) return { reason: "auth_method", detail: `${peer.name}: no secret` };
  return byMac(pskAuth(PRFS[sa.suite.prf], peer.psk, signedBy(sa, signer)));
}

function byMac(data: Uint8Array): Proof {
  return { certs: [], auth: { kind: "auth", method: AUTH_METHOD.PSK, data } };
}

/** AUTH by the certificate of this side, which is sent whether it is asked for or not. */
function makeSigned(
  { credentials }: Context,
  sa: IkeSa,
  { peer, ...signer }: Signer & { readonly peer: PeerPolicy },
): Proof | Refusal {
  const own = credentials?.own ?? null;
  if (own === null) return { reason: "auth_method", detail: `${peer.name}: no certificate` };
  const message = signedOctets(sa, signer);
  const certs = own.chain.map((data) =>
    ({ kind: "cert", encoding: CERT.X509_SIGNATURE, data }) as const
  );
  if (sa.peerHashes === null) {
    if (own.curve === null) return { reason: "signature_algorithm", detail: `${peer.name}: SHA-1` };
    const { method, scheme } = own.curve;
    return { certs, auth: { kind: "auth", method, data: signWith(scheme, own.key, message) } };
  }
  const scheme = schemeFor(own, sa.peerHashes);
  if (scheme === undefined) {
    const detail = `${peer.name}: takes hashes ${sa.peerHashes.join(", ")} alone`;
    return { reason: "signature_algorithm", detail };
  }
  const algorithm = algorithmOf(scheme);
  const data = makeSignature({ algorithm, signature: signWith(scheme, own.key, message) });
  return { certs, auth: { kind: "auth", method: AUTH_METHOD.DIGITAL_SIGNATURE, data } };
}

/** What a peer sends of itself, and under which identity. */
interface Claimed extends Signer, Proof {
  /** Undefined if nobody has the identity. */
  readonly peer: PeerPolicy | undefined;
}

/** Somebody that is believed. */
export interface Believed {
  readonly peer: PeerPolicy;
  readonly proven: Proven;
}

/**
 * Checks the peer's AUTH. An identity that nobody has costs the same work as one that is known, so
 * that a stranger cannot try out which ones there are.
 */
export function checkProof(context: Context, sa: IkeSa, claimed: Claimed): Believed | Refusal {
  const { peer, id, auth } = claimed;
  const who = identityText(id);
  if (sa.resumption !== null) return checkResumed(sa, claimed);
  const by = auth.method === AUTH_METHOD.PSK ? "psk" : "cert";
  const proven = by === "psk"
    ? checkSecret(context, sa, claimed)
    : checkSignature(context, sa, claimed);
  if (peer === undefined) return { reason: "identity_unknown", detail: who };
  const wanted = peer.auth?.peer ?? "psk";
  if (by === wanted) return "reason" in proven ? proven : { peer, proven };
  return { reason: "auth_method", detail: `${who}: method ${auth.method}, and not by ${wanted}` };
}

/** There is no certificate here: the former IKE SA has proved who the peer is. */
function checkResumed(sa: IkeSa, { peer, auth, ...signer }: Claimed): Believed | Refusal {
  const isRight = isSameAuth(resumedAuth(sa, signedBy(sa, signer)), auth.data);
  if (peer !== undefined && isRight) return { peer, proven: sa.proven };
  return { reason: "ticket", detail: identityText(signer.id) };
}

function checkSecret(
  { tools }: Context,
  sa: IkeSa,
  { peer, auth, ...signer }: Claimed,
): Proven | Refusal {
  const secret = peer?.psk ?? tools.random(PSK_LEN);
  const expected = pskAuth(PRFS[sa.suite.prf], secret, signedBy(sa, signer));
  if (isSameAuth(expected, auth.data)) return BY_SECRET;
  return { reason: "secret", detail: identityText(signer.id) };
}

/** First the path and the identity, then the signature, by the key of the first certificate. */
function checkSignature(
  { credentials }: Context,
  sa: IkeSa,
  { certs, auth, ...signer }: Claimed,
): Proven | Refusal {
  const who = identityText(signer.id);
  if (credentials === null) return { reason: "auth_method", detail: `${who}: no CA is trusted` };
  const chain = chainOf(certs);
  if (chain.length === 0) return { reason: "certificate_missing", detail: who };
  const judged = credentials.judge(chain, signer.id);
  if ("reason" in judged) return certificateRefusal(judged.reason, who);
  const claim = claimOf(sa, auth);
  if (typeof claim === "string") {
    return { reason: "signature_algorithm", detail: `${who}: ${claim}` };
  }
  const { spki, notAfter } = judged.certificate;
  const { scheme, signature } = claim;
  if (!isSigned(scheme, { spki, message: signedOctets(sa, signer), signature })) {
    return { reason: "signature", detail: `${who}: the key is not the certificate's` };
  }
  return { certificates: chain.map((der) => der.slice()), until: notAfter * 1000 };
}

/** The X.509 certificates of a message; of other encodings nothing is known here (rule IW62). */
function chainOf(certs: readonly CertPayload[]): Uint8Array[] {
  return certs.filter(({ encoding }) => encoding === CERT.X509_SIGNATURE).map(({ data }) => data);
}

/** How a peer has signed; a text if that is not allowed. */
function claimOf(
  { peerHashes }: IkeSa,
  { method, data }: AuthPayload,
): { readonly scheme: Scheme; readonly signature: Uint8Array } | string {
  if (method === AUTH_METHOD.DIGITAL_SIGNATURE) {
    const parsed = parseSignature(data);
    if (parsed === undefined) return "no algorithm, or no signature";
    const scheme = schemeOf(parsed.algorithm);
    return typeof scheme === "string" ? scheme : { scheme, signature: parsed.signature };
  }
  if (method === AUTH_METHOD.RSA_SHA1) return "method 1, which has SHA-1";
  const curve = CURVE_METHODS.find((one) => one.method === method);
  if (curve === undefined) return `method ${method}`;
  // RFC 7427 §3: whoever has said that it knows method 14 uses it.
  if (peerHashes !== null) return `method ${method} in the place of 14`;
  if (data.length !== curve.signatureLen) return `method ${method}, with ${data.length} octets`;
  return { scheme: curve.scheme, signature: data };
}

function signedOctets(sa: IkeSa, signer: Signer): Uint8Array {
  return Buffer.concat(signedParts(PRFS[sa.suite.prf], signedBy(sa, signer)));
}

/** What the side covers that has an identity. */
function signedBy(sa: IkeSa, { init, id, keys = sa.keyed().keys }: Signer): Signed {
  const common = { idBody: id.body, intAuth: intAuthOf(sa) };
  return id.kind === "idi"
    ? { ...common, firstMessage: init.request, otherNonce: init.nonceR, p: keys.pi }
    : { ...common, firstMessage: init.answer, otherNonce: init.nonceI, p: keys.pr };
}

/** Octets of the secret that stands for a peer that there is not. */
const PSK_LEN = 32;
