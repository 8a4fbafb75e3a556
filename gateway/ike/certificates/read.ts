// Certificates, keys and CRLs from the texts of files, checked so far that nothing of them fails
// later on.

import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { Pki, PkiCertificate, PkiName } from "../../../ts-bindings/pki.ts";
import { type Identity, identityKey, identityText } from "../identity/identity.ts";
import { ID } from "../wire/constants.ts";
import { pemObjects } from "./pem.ts";
import type { CertificateSettings, OwnCertificate } from "./settings.ts";

/** A file, by whatever name its user knows it. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** The files of an end. */
export interface CertificateFiles {
  /** The end's certificate, and the CAs between it and the root. */
  readonly cert: NamedText | null;
  /** Its private key: PKCS #8, SEC 1 or PKCS #1, not encrypted. */
  readonly key: NamedText | null;
  readonly cas: readonly NamedText[];
  readonly crls: readonly NamedText[];
}

/** What is wrong, and with which file. */
export interface FileProblem {
  readonly name: string;
  readonly problem: string;
}

/** What reading needs. */
export interface Reading {
  readonly pki: Pick<Pki, "describe" | "isCrl">;
  /** Seconds since 1970. */
  readonly now: number;
  /** The identity that the end has, which its certificate must have. */
  readonly localId: Identity;
}

/** Reads the files. All objects of a file of CAs or CRLs count. */
export function readCertificates(
  files: CertificateFiles,
  reading: Reading,
): CertificateSettings | FileProblem {
  const own = readOwn(files, reading);
  if (own !== null && "problem" in own) return own;
  const anchors: Uint8Array[] = [];
  for (const file of files.cas) {
    const ders = dersOf(file, CERTIFICATE);
    if (ders.length === 0) return problemOf(file, "has no certificate in PEM");
    if (!ders.every((der) => reading.pki.describe(der)?.isCa)) {
      return problemOf(file, "has a certificate that is no CA's");
    }
    anchors.push(...ders);
  }
  const crls: Uint8Array[] = [];
  for (const file of files.crls) {
    const ders = dersOf(file, "X509 CRL");
    if (ders.length === 0) return problemOf(file, "has no CRL in PEM");
    if (!ders.every((der) => reading.pki.isCrl(der))) {
      return problemOf(
        file,
        "has a CRL that cannot be used: of version 1, for deltas, or malformed",
      );
    }
    crls.push(...ders);
  }
  return { own, anchors, crls, needsCrl: false, usage: "any" };
}

/** The identities that a certificate has, its alternative names first (RFC 4945 §3.1). */
export function identitiesOf({ names, subject }: PkiCertificate): Identity[] {
  const alternatives = names.flatMap(({ tag, value }) => {
    const type = tag === IP_ADDRESS ? ADDRESS_TYPES.get(value.length) : NAME_TYPES.get(tag);
    return type === undefined || value.length === 0 ? [] : [{ type, data: value }];
  });
  const hasSubject = subject.length > EMPTY_NAME_LEN;
  return hasSubject ? [...alternatives, { type: ID.DER_ASN1_DN, data: subject }] : alternatives;
}

/** An identity as an alternative name; undefined if a certificate cannot have it. */
export function nameOfIdentity({ type, data }: Identity): PkiName | undefined {
  if ([...ADDRESS_TYPES.values()].includes(type)) return { tag: IP_ADDRESS, value: data };
  const [found] = [...NAME_TYPES].filter(([, known]) => known === type);
  return found === undefined ? undefined : { tag: found[0], value: data };
}

function readOwn(
  { cert, key }: CertificateFiles,
  reading: Reading,
): OwnCertificate | FileProblem | null {
  if (cert === null) return key === null ? null : problemOf(key, "needs a certificate beside it");
  if (key === null) return problemOf(cert, "needs its private key beside it");
  const chain = dersOf(cert, CERTIFICATE);
  const [first] = chain;
  const certificate = first === undefined ? undefined : reading.pki.describe(first);
  if (certificate === undefined) return problemOf(cert, "has no certificate in PEM");
  const problem = certificateProblem(certificate, reading);
  if (problem !== undefined) return problemOf(cert, problem);
  const privateKey = readKey(key.text);
  if (privateKey === undefined) {
    return problemOf(key, "has no private key in PEM that can be read without a password");
  }
  if (!belongsTo(privateKey, certificate)) {
    return problemOf(key, `is not the key of the certificate in ${cert.name}`);
  }
  const der = privateKey.export({ format: "der", type: "pkcs8" });
  return { chain, key: Uint8Array.from(der), rsa: "pss" };
}

function certificateProblem(
  certificate: PkiCertificate,
  { now, localId }: Reading,
): string | undefined {
  if (certificate.isCa) return "begins with a CA's certificate";
  const until = new Date(certificate.notAfter * 1000).toISOString();
  if (now > certificate.notAfter) return `is expired since ${until}`;
  const known = identitiesOf(certificate);
  if (known.some((identity) => identityKey(identity) === identityKey(localId))) return undefined;
  const names = known.slice(0, NAMES_MAX).map(identityText).join(", ");
  return `is not for ${identityText(localId)}, but for ${names === "" ? "nobody" : names}`;
}

function readKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

function belongsTo(privateKey: KeyObject, { spki }: PkiCertificate): boolean {
  const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return Buffer.from(spki).equals(der);
}

function dersOf({ text }: NamedText, label: string): Uint8Array[] {
  return pemObjects(text).filter((one) => one.label === label).map(({ der }) => der);
}

function problemOf({ name }: NamedText, problem: string): FileProblem {
  return { name, problem };
}

const CERTIFICATE = "CERTIFICATE";

/** Types of identities by the tags of GeneralName (RFC 5280 §4.2.1.6). */
const NAME_TYPES: ReadonlyMap<number, number> = new Map([
  [0x81, ID.RFC822_ADDR],
  [0x82, ID.FQDN],
]);

const IP_ADDRESS = 0x87;

const ADDRESS_TYPES: ReadonlyMap<number, number> = new Map([
  [4, ID.IPV4_ADDR],
  [16, ID.IPV6_ADDR],
]);

/** A name without parts is `30 00`. */
const EMPTY_NAME_LEN = 2;

/** Names of a certificate that a problem shows. */
const NAMES_MAX = 4;
