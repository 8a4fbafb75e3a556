// The certificates of an engine: its own, ready to sign with, and the judge of others.

import { createHash, createPrivateKey, type KeyObject } from "node:crypto";
import type { PkiCertificate, PkiReason } from "../../../ts-bindings/pki.ts";
import type { Identity } from "../identity/identity.ts";
import type { Scheme } from "../keys/signatures.ts";
import { SIGNATURE_HASH } from "../wire/constants.ts";
import { CURVE_METHODS, type CurveMethod, HASHES } from "./algorithms.ts";
import type { CertificateSettings, CertificateTools, OwnCertificate } from "./settings.ts";

/** The certificates of an engine. */
export interface Credentials {
  readonly own: OwnKey | null;
  /** What CERTREQ says: SHA-1 of each trusted CA's key (RFC 7296 §3.7). */
  readonly authorities: Uint8Array;
  /**
   * Judges the certificates of a peer, which has sent its own first.
   *
   * @param identity That its certificate must have; null if it has been judged for that before
   * @returns Its certificate, or why it is refused
   */
  judge(chain: readonly Uint8Array[], identity: Identity | null): Judged;
}

export type Judged =
  | { readonly certificate: PkiCertificate }
  | { readonly reason: PkiReason };

/** A key to sign with. */
export interface OwnKey {
  readonly chain: readonly Uint8Array[];
  readonly key: KeyObject;
  /** The schemes that it can be used with, preferred ones first. */
  readonly schemes: readonly Scheme[];
  /** The method for peers without SIGNATURE_HASH_ALGORITHMS; null if it has none. */
  readonly curve: CurveMethod | null;
}

/**
 * Makes the certificates of an engine.
 *
 * @throws {Error} If the private key cannot be used
 */
export function createCredentials(
  settings: CertificateSettings,
  { pki, unixSeconds }: CertificateTools,
): Credentials {
  const { anchors, crls, needsCrl, usage } = settings;
  const good = new Map<string, { readonly until: number; readonly judged: Judged }>();

  function judge(chain: readonly Uint8Array[], identity: Identity | null): Judged {
    const now = unixSeconds();
    const key = cacheKey(chain, identity);
    const before = good.get(key);
    if (before !== undefined && now <= before.until) return before.judged;
    good.delete(key);
    const judged = pki.validate({ chain, anchors, crls, now, needsCrl, usage, identity });
    if ("certificate" in judged) {
      const [oldest] = good.keys();
      if (good.size >= CACHE_MAX && oldest !== undefined) good.delete(oldest);
      good.set(key, { until: Math.min(now + CACHE_S, judged.certificate.notAfter), judged });
    }
    return judged;
  }

  return {
    own: settings.own === null ? null : ownKey(settings.own),
    authorities: authoritiesOf(anchors, pki),
    judge,
  };
}

function authoritiesOf(anchors: readonly Uint8Array[], pki: CertificateTools["pki"]): Uint8Array {
  const hashes = anchors.slice(0, AUTHORITIES_MAX).flatMap((der) => {
    const ca = pki.describe(der);
    return ca === undefined ? [] : [createHash("sha1").update(ca.spki).digest()];
  });
  return Uint8Array.from(Buffer.concat(hashes));
}

/** What a peer can be signed for with a key; undefined if there is nothing. */
export function schemeFor(own: OwnKey, peerHashes: readonly number[]): Scheme | undefined {
  const bits = peerHashes.map((hash) => HASHES.get(hash));
  return own.schemes.find(({ hash }) => bits.includes(hash));
}

/** The hashes that this side takes (RFC 7427 §4, RFC 8420 §2). */
export const OWN_HASHES: readonly number[] = [
  SIGNATURE_HASH.SHA2_256,
  SIGNATURE_HASH.SHA2_384,
  SIGNATURE_HASH.SHA2_512,
  SIGNATURE_HASH.IDENTITY,
];

/** How long a judgement holds, s, and of how many paths. */
const CACHE_S = 600;
const CACHE_MAX = 4096;

/** Most CAs that are named to a peer. */
const AUTHORITIES_MAX = 64;

function cacheKey(chain: readonly Uint8Array[], identity: Identity | null): string {
  const digest = createHash("sha256");
  const named = identity === null ? [] : [Uint8Array.of(identity.type), identity.data];
  for (const part of [Uint8Array.of(named.length), ...named, ...chain]) {
    digest.update(`${part.length}:`).update(part);
  }
  return digest.digest("base64");
}

function ownKey({ chain, key: der, rsa }: OwnCertificate): OwnKey {
  const key = createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  const curve = CURVE_METHODS.find((method) => method.curve === namedCurve) ?? null;
  return { chain, key, schemes: schemesOf(key, { rsa, curve }), curve };
}

function schemesOf(
  { asymmetricKeyType: type }: KeyObject,
  { rsa, curve }: { readonly rsa: "pss" | "pkcs1"; readonly curve: CurveMethod | null },
): Scheme[] {
  const hashes = curve === null ? undefined : CURVE_HASHES[curve.curve];
  if (type === "rsa") return [256, 384, 512].map((hash) => ({ kind: rsa, hash }));
  if (type === "ed25519") return [{ kind: "ed25519", hash: 0 }];
  if (hashes !== undefined) return hashes.map((hash) => ({ kind: "ecdsa", hash }));
  throw new Error(`Cannot use a private key of type ${type ?? "?"}`);
}

/** Deno cannot sign with P-521 and SHA-256. */
const CURVE_HASHES: Readonly<Record<string, readonly number[]>> = {
  prime256v1: [256, 384, 512],
  secp384r1: [384, 512, 256],
  secp521r1: [512, 384],
};
