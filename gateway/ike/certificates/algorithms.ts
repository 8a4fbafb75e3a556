// How AUTH is signed: the AlgorithmIdentifiers of method 14 (RFC 7427 §3, Appendix A; RFC 8420),
// and the methods that name their algorithm themselves (RFC 4754 §7).
//
// AlgorithmIdentifiers are compared as octets with a closed table (RFC 7427 §1 allows it): there is
// no parser that a peer could lead astray.

import type { Scheme } from "../keys/signatures.ts";
import { AUTH_METHOD, SIGNATURE_HASH } from "../wire/constants.ts";

/** A scheme with the octets that name it. */
export interface NamedScheme {
  readonly scheme: Scheme;
  /** DER of the AlgorithmIdentifier, as it is sent. */
  readonly algorithm: Uint8Array;
}

/** What an AlgorithmIdentifier means; the text says why it is refused. */
export function schemeOf(algorithm: Uint8Array): Scheme | string {
  const hex = hexOf(algorithm);
  return KNOWN.get(hex) ?? REFUSED.get(hex) ?? `unknown algorithm ${hex.slice(0, HEX_MAX)}`;
}

/** The AlgorithmIdentifier of a scheme. */
export function algorithmOf(scheme: Scheme): Uint8Array {
  const hex = SENT.find(([, { kind, hash }]) => kind === scheme.kind && hash === scheme.hash)?.[0];
  return Uint8Array.from(Buffer.from(hex ?? "", "hex"));
}

/** A method that has one curve and one hash. Its signature is two numbers of fixed length. */
export interface CurveMethod {
  readonly method: number;
  /** As `node:crypto` names the curve. */
  readonly curve: string;
  readonly scheme: Scheme;
  readonly signatureLen: number;
}

/** RFC 4754 §7. */
export const CURVE_METHODS: readonly CurveMethod[] = [
  { method: AUTH_METHOD.ECDSA_P256, curve: "prime256v1", scheme: fixed(256), signatureLen: 64 },
  { method: AUTH_METHOD.ECDSA_P384, curve: "secp384r1", scheme: fixed(384), signatureLen: 96 },
  { method: AUTH_METHOD.ECDSA_P521, curve: "secp521r1", scheme: fixed(512), signatureLen: 132 },
];

/** Bits of SHA-2 by their number in SIGNATURE_HASH_ALGORITHMS; Identity is Ed25519's (RFC 8420). */
export const HASHES: ReadonlyMap<number, number> = new Map([
  [SIGNATURE_HASH.SHA2_256, 256],
  [SIGNATURE_HASH.SHA2_384, 384],
  [SIGNATURE_HASH.SHA2_512, 512],
  [SIGNATURE_HASH.IDENTITY, 0],
]);

function fixed(hash: number): Scheme {
  return { kind: "ecdsa", hash, isFixed: true };
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("hex");
}

/** Characters of an unknown algorithm that are shown. */
const HEX_MAX = 64;

/** A SEQUENCE of DER in hex. */
function sequence(...parts: readonly string[]): string {
  return wrap("30", parts.join(""));
}

function wrap(tag: string, body: string): string {
  return tag + (body.length / 2).toString(16).padStart(2, "0") + body;
}

const NULL = "0500";
const MGF1 = "06092a864886f70d010108";
const RSASSA_PSS = "06092a864886f70d01010a";

/** OIDs of SHA-2, and of the algorithms that end with their number, by bits. */
const OIDS = {
  sha: {
    256: "0609608648016503040201",
    384: "0609608648016503040202",
    512: "0609608648016503040203",
  },
  rsa: {
    256: "06092a864886f70d01010b",
    384: "06092a864886f70d01010c",
    512: "06092a864886f70d01010d",
  },
  ecdsa: { 256: "06082a8648ce3d040302", 384: "06082a8648ce3d040303", 512: "06082a8648ce3d040304" },
} as const;

/**
 * RSASSA-PSS with SHA-2, MGF1 with the same hash, a salt of its length, and trailer 1 (RFC 8017
 * §A.2.3). The trailer is the default and not sent; RFC 7427 §A.4.3 prints it.
 */
function pss(hash: 256 | 384 | 512, parameters: string, trailer: string): string {
  const sha = sequence(OIDS.sha[hash], parameters);
  const salt = wrap("a2", wrap("02", (hash / 8).toString(16)));
  return sequence(
    RSASSA_PSS,
    sequence(wrap("a0", sha), wrap("a1", sequence(MGF1, sha)), salt, trailer),
  );
}

const BITS = [256, 384, 512] as const;
const TRAILER = "a303020101";

/** As they are sent. */
const SENT: readonly (readonly [string, Scheme])[] = [
  ...BITS.flatMap((hash) => [
    [sequence(OIDS.rsa[hash], NULL), { kind: "pkcs1", hash }] as const,
    [pss(hash, NULL, ""), { kind: "pss", hash }] as const,
    [sequence(OIDS.ecdsa[hash]), { kind: "ecdsa", hash }] as const,
  ]),
  ["300506032b6570", { kind: "ed25519", hash: 0 }],
];

/** As others may write them too: without NULL, with the trailer. */
const KNOWN: ReadonlyMap<string, Scheme> = new Map([
  ...SENT,
  ...BITS.flatMap((hash) => [
    [sequence(OIDS.rsa[hash]), { kind: "pkcs1", hash }] as const,
    [pss(hash, NULL, TRAILER), { kind: "pss", hash }] as const,
    [pss(hash, "", ""), { kind: "pss", hash }] as const,
    [pss(hash, "", TRAILER), { kind: "pss", hash }] as const,
  ]),
]);

/** What people run into, with what to say of it (RFC 8247 §3.2). */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["300d06092a864886f70d0101050500", "SHA-1"],
  ["300b06092a864886f70d010105", "SHA-1"],
  ["300906072a8648ce3d0401", "SHA-1"],
  [sequence(RSASSA_PSS, "3000"), "PSS with default parameters, which mean SHA-1"],
  [sequence(RSASSA_PSS), "PSS without parameters"],
]);
