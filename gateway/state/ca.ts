// A small CA in the state directory (`culvert ca`): its certificate, those that it has issued, and
// its CRL, as files in PEM that any other program reads.

import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import * as z from "zod";
import type { Pki, PkiCertificate, PkiIssuer, PkiKey, PkiName } from "../../ts-bindings/pki.ts";
import { pemObjects, pemOf } from "../ike/certificates/pem.ts";
import { nameOfIdentity } from "../ike/certificates/read.ts";
import { parseIdentity } from "../ike/identity/identity.ts";
import { signWith } from "../ike/keys/signatures.ts";
import type { PrivateFolder } from "../runtime/types.ts";
import { readRecord, recordOctets } from "./record.ts";

/** The folders inside the state. */
export const CA_PARTS = ["ca", "ca/issued"] as const;

/** Kinds of keys that the CA makes. */
export const CA_KEYS = ["p256", "ed25519"] as const;

export type CaKey = (typeof CA_KEYS)[number];

/** A certificate of the CA. */
export interface CaEntry {
  readonly name: string;
  /** Hex. */
  readonly serial: string;
  readonly notAfter: Date;
  readonly state: "good" | "expired" | "revoked";
}

/** Paths of files. */
export interface IssuedFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** A CA. Errors say what is in the way, in words for the user. */
export interface Ca {
  /** Makes the CA, with an empty CRL. @throws {Error} If there is one */
  init(order: { readonly key: CaKey; readonly name: string | null }): Promise<IssuedFiles>;
  /**
   * Makes a certificate and its key.
   *
   * @param order.names Identities that it is for, the first of which is the name of its files
   * @throws {Error} If there is no CA, a name is no identity, or a good one of this name is there
   */
  issue(order: IssueOrder): Promise<IssuedFiles>;
  /** Revokes a certificate, writes the CRL, and removes its files. @returns The CRL's path */
  revoke(name: string): Promise<string>;
  list(): Promise<readonly CaEntry[]>;
}

export interface IssueOrder {
  readonly names: readonly [string, ...string[]];
  readonly key: CaKey;
  readonly days: number;
}

/** What a CA works with. */
export interface CaTools {
  readonly folder: PrivateFolder;
  readonly random: (octets: Uint8Array<ArrayBuffer>) => void;
  readonly pki: Pick<Pki, "describe" | "issue" | "issueCrl">;
  readonly date: () => Date;
}

/** Opens the CA of a state, which need not be there yet. */
export function openCa(tools: CaTools): Ca {
  return {
    init: (order) => init(tools, order),
    issue: (order) => issue(tools, order),
    revoke: (name) => revoke(tools, name),
    list: () => list(tools),
  };
}

/** What the CA knows beside its files. */
const RECORD = z.strictObject({
  /** Its common name. */
  name: z.string(),
  /** Of the CRL that was made last. */
  crlNumber: z.int().nonnegative(),
  revoked: z.array(z.strictObject({
    name: z.string(),
    /** Hex. */
    serial: z.string().regex(/^([0-9a-f]{2})+$/),
    /** RFC 3339. */
    revokedAt: z.iso.datetime(),
    notAfter: z.iso.datetime(),
  })),
});

type Record = z.output<typeof RECORD>;

const FILES = { record: "ca/ca.json", cert: "ca/ca.pem", key: "ca/ca.key", crl: "ca/crl.pem" };

async function init(
  tools: CaTools,
  { key: kind, name: wished }: Parameters<Ca["init"]>[0],
): Promise<IssuedFiles> {
  const { folder } = tools;
  const name = wished ?? `Culvert CA ${Buffer.from(randomOctets(tools, 4)).toString("hex")}`;
  const made = makeKey(kind);
  const issuer = issuerOf(name, made);
  const der = tools.pki.issue(issuer, {
    ...termsOf(tools, CA_DAYS),
    name,
    key: issuer.key,
    names: [],
    isCa: true,
  });
  const record: Record = { name, crlNumber: 0, revoked: [] };
  // The record is first, and says that there is a CA: a second `init` ends here.
  if (!await folder.create(FILES.record, recordOctets(record))) {
    throw new Error(`Cannot make a CA: ${folder.path}/ca has one`);
  }
  await folder.replace(FILES.key, pemOctets("PRIVATE KEY", pkcs8(made)));
  await folder.replace(FILES.cert, pemOctets("CERTIFICATE", der));
  await writeCrl(tools, { record, issuer });
  return pathsOf(folder, FILES.cert, FILES.key);
}

async function issue(tools: CaTools, { names, key, days }: IssueOrder): Promise<IssuedFiles> {
  const { folder, pki } = tools;
  const { record, issuer, certificate: ca } = await openIssuer(tools);
  const [name] = names;
  const alternatives = names.map(alternativeName);
  const before = await readIssued(tools, name);
  const terms = termsOf(tools, days);
  if (before !== undefined && before.notAfter >= terms.notBefore + SKEW_S) {
    throw new Error(`Cannot issue ${name}: it has a certificate (culvert ca revoke ${name})`);
  }
  const made = makeKey(key);
  const der = pki.issue(issuer, {
    ...terms,
    notAfter: Math.min(terms.notAfter, ca.notAfter),
    name,
    key: publicOf(made),
    names: alternatives,
    isCa: false,
  });
  const [certFile, keyFile] = filesOf(name);
  await folder.replace(keyFile, pemOctets("PRIVATE KEY", pkcs8(made)));
  await folder.replace(certFile, pemOctets("CERTIFICATE", der));
  // The CRL is for a year, so it is made anew from time to time.
  await writeCrl(tools, { record, issuer });
  return pathsOf(folder, certFile, keyFile);
}

async function revoke(tools: CaTools, name: string): Promise<string> {
  const { folder } = tools;
  const { record, issuer } = await openIssuer(tools);
  alternativeName(name);
  const certificate = await readIssued(tools, name);
  if (certificate === undefined) throw new Error(`Cannot revoke ${name}: no certificate has it`);
  const revoked = {
    name,
    serial: Buffer.from(certificate.serial).toString("hex"),
    revokedAt: tools.date().toISOString(),
    notAfter: dateOf(certificate.notAfter).toISOString(),
  };
  await writeCrl(tools, { record: { ...record, revoked: [...record.revoked, revoked] }, issuer });
  for (const file of filesOf(name)) await folder.remove(file);
  return `${folder.path}/${FILES.crl}`;
}

async function list(tools: CaTools): Promise<readonly CaEntry[]> {
  const { record } = await openIssuer(tools);
  const now = tools.date();
  const issued: CaEntry[] = [];
  for (const file of await tools.folder.list("ca/issued")) {
    if (!file.endsWith(SUFFIX)) continue;
    const name = file.slice(0, -SUFFIX.length);
    const certificate = await readIssued(tools, name);
    if (certificate === undefined) continue;
    const [serial, notAfter] = [hexOf(certificate.serial), dateOf(certificate.notAfter)];
    issued.push({ name, serial, notAfter, state: notAfter < now ? "expired" : "good" });
  }
  const revoked = record.revoked.map(({ name, serial, notAfter }) =>
    ({ name, serial, notAfter: new Date(notAfter), state: "revoked" }) as const
  );
  return [...issued, ...revoked].toSorted((a, b) => a.name < b.name ? -1 : 1);
}

interface Opened {
  readonly record: Record;
  readonly issuer: PkiIssuer;
}

async function openIssuer(
  { folder, pki }: CaTools,
): Promise<Opened & { readonly certificate: PkiCertificate }> {
  const record = await readRecord(folder, FILES.record, RECORD);
  if (record === undefined) {
    throw new Error(`Cannot find a CA in ${folder.path} (culvert ca init makes one)`);
  }
  const [der, key] = [await readPem(folder, FILES.cert), await readPem(folder, FILES.key)];
  const certificate = der === undefined ? undefined : pki.describe(der);
  if (certificate === undefined || key === undefined) {
    throw new Error(`Cannot use the CA in ${folder.path}/ca: its certificate or key is damaged`);
  }
  const privateKey = createPrivateKey({ key: Buffer.from(key), format: "der", type: "pkcs8" });
  key.fill(0);
  return { record, certificate, issuer: issuerOf(record.name, privateKey) };
}

/** Keeps what is revoked, and writes it as a CRL. */
async function writeCrl(tools: CaTools, { record, issuer }: Opened): Promise<void> {
  const { folder, pki } = tools;
  const crlNumber = record.crlNumber + 1;
  const thisUpdate = secondsOf(tools.date());
  const crl = pki.issueCrl(issuer, {
    number: crlNumber,
    thisUpdate,
    nextUpdate: thisUpdate + CRL_DAYS * DAY_S,
    revoked: record.revoked.map(({ serial, revokedAt }) => ({
      serial: Uint8Array.from(Buffer.from(serial, "hex")),
      at: secondsOf(new Date(revokedAt)),
    })),
  });
  await folder.replace(FILES.record, recordOctets({ ...record, crlNumber }));
  await folder.replace(FILES.crl, pemOctets("X509 CRL", crl));
}

async function readIssued(
  { folder, pki }: CaTools,
  name: string,
): Promise<PkiCertificate | undefined> {
  const der = await readPem(folder, filesOf(name)[0]);
  return der === undefined ? undefined : pki.describe(der);
}

async function readPem(folder: PrivateFolder, file: string): Promise<Uint8Array | undefined> {
  const octets = await folder.read(file);
  return octets === undefined ? undefined : pemObjects(new TextDecoder().decode(octets))[0]?.der;
}

/** A name as it stands in a certificate. */
function alternativeName(text: string): PkiName {
  const parsed = parseIdentity(text);
  const name = "problem" in parsed ? undefined : nameOfIdentity(parsed.value);
  if (name !== undefined) return name;
  throw new Error(
    `Cannot use ${JSON.stringify(text)}: it is no name of a host, mailbox or address`,
  );
}

/** A year-long certificate that begins a little early, for clocks that go wrong. */
function termsOf(
  tools: CaTools,
  days: number,
): { readonly notBefore: number; readonly notAfter: number; readonly serial: Uint8Array } {
  const now = secondsOf(tools.date());
  const serial = randomOctets(tools, SERIAL_LEN);
  // Positive, and of the same length always (RFC 5280 §4.1.2.2).
  serial[0] = (serial[0] ?? 0) & 0x3f | 0x40;
  return { notBefore: now - SKEW_S, notAfter: now + days * DAY_S, serial };
}

function makeKey(kind: CaKey): KeyObject {
  return kind === "p256"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
    : generateKeyPairSync("ed25519").privateKey;
}

function issuerOf(name: string, key: KeyObject): PkiIssuer {
  const scheme = key.asymmetricKeyType === "ed25519"
    ? { kind: "ed25519", hash: 0 } as const
    : { kind: "ecdsa", hash: 256 } as const;
  return { name, key: publicOf(key), sign: (message) => signWith(scheme, key, message) };
}

/** The public half of a key: a point without compression, or the octets of Ed25519. */
function publicOf(key: KeyObject): PkiKey {
  const { x = "", y } = key.export({ format: "jwk" });
  const parts = [x, ...y === undefined ? [] : [y]].map((part) => Buffer.from(part, "base64url"));
  const publicKey = Uint8Array.from(
    Buffer.concat([Buffer.alloc(y === undefined ? 0 : 1, 4), ...parts]),
  );
  // RFC 7093 §2 (1).
  const id = createHash("sha256").update(publicKey).digest().subarray(0, KEY_ID_LEN);
  return { publicKey, id: Uint8Array.from(id) };
}

function pkcs8(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: "der", type: "pkcs8" }));
}

function pemOctets(label: string, der: Uint8Array): Uint8Array {
  return new TextEncoder().encode(pemOf({ label, der }));
}

function filesOf(name: string): readonly [cert: string, key: string] {
  return [`ca/issued/${name}${SUFFIX}`, `ca/issued/${name}.key`];
}

function pathsOf({ path }: PrivateFolder, cert: string, key: string): IssuedFiles {
  return { certificate: `${path}/${cert}`, key: `${path}/${key}`, ca: `${path}/${FILES.cert}` };
}

function randomOctets({ random }: CaTools, len: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(len);
  random(octets);
  return octets;
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}

const SUFFIX = ".pem";
const DAY_S = 86_400;
const SKEW_S = 3600;

/** How long a CA and a CRL hold, days. */
const CA_DAYS = 3650;
const CRL_DAYS = 365;

const SERIAL_LEN = 16;
const KEY_ID_LEN = 20;
