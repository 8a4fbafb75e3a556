// The files of `--ike-cert`, `--ike-key`, `--ike-ca` and `--ike-crl`.

import { instantiatePki } from "../../ts-bindings/pki.ts";
import { identitiesOf, type NamedText, readCertificates } from "../ike/certificates/read.ts";
import { pemObjects } from "../ike/certificates/pem.ts";
import type { CertificateSettings } from "../ike/certificates/settings.ts";
import { type Identity, identityText, parseIdentity } from "../ike/identity/identity.ts";
import { isSigned } from "../ike/keys/signatures.ts";
import { ConfigError, type Origin } from "./error.ts";

/** The settings that name files. */
export interface CertificatePaths {
  readonly ikeId: string | undefined;
  readonly ikeCert: string | undefined;
  readonly ikeKey: string | undefined;
  readonly ikeCa: readonly string[];
  readonly ikeCrl: readonly string[];
}

/** What certificates are judged with. */
export interface PkiSource {
  /** Reads the module for certificates. */
  readonly readPki: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly date: () => Date;
}

/** What reading the files needs. */
export interface CertificateReading {
  readonly readTextFile: (path: string) => Promise<string>;
  readonly tools: PkiSource | undefined;
  /** Where a setting stands. */
  readonly originOf: (name: "ikeCert" | "ikeKey" | "ikeCa" | "ikeCrl") => Origin;
}

/** Certificates, and the identity that this side has by them. */
export interface ReadCertificates {
  readonly certificates: CertificateSettings | null;
  /** That of the settings, else the first of the certificate; null if neither names one. */
  readonly ikeId: string | null;
}

/**
 * Reads the files. Without any of them there are no certificates.
 *
 * @throws {ConfigError} If one cannot be read or used, or they do not belong together
 */
export async function readCertificateFiles(
  paths: CertificatePaths,
  reading: CertificateReading,
): Promise<ReadCertificates> {
  const { ikeCert, ikeKey, ikeCa, ikeCrl, ikeId = null } = paths;
  if (ikeCrl.length > 0 && ikeCa.length === 0) {
    throw new ConfigError(reading.originOf("ikeCrl"), "needs --ike-ca, the CA that it is of");
  }
  const given = [ikeCert, ikeKey, ...ikeCa].some((path) => path !== undefined);
  if (!given) return { certificates: null, ikeId };
  const { tools } = reading;
  if (tools === undefined) throw new TypeError("Cannot read certificates: nothing judges them");
  const [cert, key] = [
    await readOne(ikeCert, "ikeCert", reading),
    await readOne(ikeKey, "ikeKey", reading),
  ];
  const files = {
    cert,
    key,
    cas: await readAll(ikeCa, "ikeCa", reading),
    crls: await readAll(ikeCrl, "ikeCrl", reading),
  };
  const pki = instantiatePki(await tools.readPki(), {
    verify: ({ kind, hash, ...claim }) => isSigned({ kind, hash }, claim),
  });
  const localId = identityOf(ikeId) ?? firstIdentity(cert, pki);
  const now = Math.floor(tools.date().getTime() / 1000);
  const read = readCertificates(files, { pki, now, localId: localId ?? NOBODY });
  if ("problem" in read) throw new ConfigError({ path: read.name }, read.problem);
  const isOwn = ikeId === null && read.own !== null && localId !== undefined;
  return { certificates: read, ikeId: isOwn ? identityText(localId) : ikeId };
}

async function readOne(
  path: string | undefined,
  setting: "ikeCert" | "ikeKey",
  reading: CertificateReading,
): Promise<NamedText | null> {
  const [file] = await readAll(path === undefined ? [] : [path], setting, reading);
  return file ?? null;
}

async function readAll(
  paths: readonly string[],
  setting: Parameters<CertificateReading["originOf"]>[0],
  { readTextFile, originOf }: CertificateReading,
): Promise<NamedText[]> {
  const files: NamedText[] = [];
  for (const name of paths) {
    try {
      files.push({ name, text: await readTextFile(name) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const [line = ""] = `Cannot read ${name}: ${reason}`.split("\n");
      throw new ConfigError(originOf(setting), line, { cause: error });
    }
  }
  return files;
}

function identityOf(text: string | null): Identity | undefined {
  const parsed = text === null ? undefined : parseIdentity(text);
  return parsed !== undefined && "value" in parsed ? parsed.value : undefined;
}

/** The first identity of a certificate that settings can name. */
function firstIdentity(
  cert: NamedText | null,
  pki: Parameters<typeof readCertificates>[1]["pki"],
): Identity | undefined {
  const [first] = cert === null ? [] : pemObjects(cert.text);
  const certificate = first && pki.describe(first.der);
  const known = certificate === undefined ? [] : identitiesOf(certificate);
  return known.find((identity) => "value" in parseIdentity(identityText(identity)));
}

/** No certificate has an empty name. */
const NOBODY: Identity = { type: 2, data: new Uint8Array(0) };
