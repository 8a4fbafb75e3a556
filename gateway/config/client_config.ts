// What `connect` proves itself by, and whom it believes: from a profile, or from flags in its
// place.

import { type Identity, identityText, parseIdentity } from "../ike/identity/identity.ts";
import { type CertificateReading, readCertificateFiles } from "./certificates.ts";
import { ConfigError, type Origin } from "./error.ts";
import type { ClientConfig } from "./types.ts";

/** A client before its files are read. */
export interface ClientChoice extends Pick<ClientConfig, "serverId" | "psk" | "remote" | "inner"> {
  /** Null for the first that the certificate has. */
  readonly localId: Identity | null;
  /** Paths of the own certificate and its key; null without one. */
  readonly cert: string | null;
  readonly key: string | null;
  /** Paths of the CAs that the server's certificate may come from; without any it has a secret. */
  readonly ca: readonly string[];
}

/** What reading needs. */
export interface ClientReading extends Pick<CertificateReading, "readTextFile" | "tools"> {
  /** Where a part stands. */
  readonly originOf: (part: "localId" | "psk" | "cert" | "key" | "ca") => Origin;
}

/**
 * Reads the files of a client. Each side proves itself by a certificate if there is one to do it
 * with, and else by the secret.
 *
 * @throws {ConfigError} If one cannot be read or used, or something is missing or for nothing. The
 *   secret is wiped then.
 */
export async function readClient(
  choice: ClientChoice,
  reading: ClientReading,
): Promise<ClientConfig> {
  try {
    return await read(choice, reading);
  } catch (error) {
    choice.psk?.fill(0);
    throw error;
  }
}

async function read(choice: ClientChoice, reading: ClientReading): Promise<ClientConfig> {
  const { serverId, psk, remote, inner, cert, key, ca } = choice;
  const own = cert === null && key === null ? "psk" : "cert";
  const auth = { own, peer: ca.length === 0 ? "psk" : "cert" } as const;
  checkSecret(psk, { auth, originOf: reading.originOf });
  const { certificates, ikeId } = await readCertificateFiles(
    {
      ikeId: choice.localId === null ? undefined : identityText(choice.localId),
      ikeCert: cert ?? undefined,
      ikeKey: key ?? undefined,
      ikeCa: ca,
      ikeCrl: [],
    },
    { ...reading, originOf: (name) => reading.originOf(PARTS[name]) },
  );
  const localId = choice.localId ?? identityOf(ikeId);
  if (localId === undefined) {
    certificates?.own?.key.fill(0);
    const problem = own === "psk" ? "is missing" : "is missing, and the certificate has none";
    throw new ConfigError(reading.originOf("localId"), problem);
  }
  return { localId, serverId, psk, auth, certificates, remote, inner };
}

function checkSecret(
  psk: Uint8Array | null,
  { auth: { own, peer }, originOf }: Pick<ClientConfig, "auth"> & Pick<ClientReading, "originOf">,
): void {
  const isNeeded = own === "psk" || peer === "psk";
  if (isNeeded === (psk !== null)) return;
  if (!isNeeded) {
    throw new ConfigError(originOf("psk"), "is for nothing: both sides have certificates");
  }
  // Whoever names one half of it has a certificate in mind, and is told of the other.
  const problem = own === peer
    ? "is missing: a secret, or a certificate with its key and the server's CA"
    : own === "psk"
    ? "is missing: this side has neither a secret nor a certificate"
    : "is missing: the server has neither a secret nor a CA";
  throw new ConfigError(originOf("psk"), problem);
}

/** The parts by the names that the gateway's own settings have for them. */
const PARTS = { ikeCert: "cert", ikeKey: "key", ikeCa: "ca", ikeCrl: "ca" } as const;

function identityOf(text: string | null): Identity | undefined {
  const parsed = text === null ? undefined : parseIdentity(text);
  return parsed !== undefined && "value" in parsed ? parsed.value : undefined;
}
