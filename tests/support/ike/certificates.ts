// Certificates for tests, made by `tests/support/ike/certificates/make.sh`. All of them are for
// gw.example.org, carol@example.org and 192.0.2.1, unless their name says otherwise.

import { readFileSync } from "node:fs";
import { pemObjects } from "../../../gateway/ike/certificates/pem.ts";
import type { CertificateSettings } from "../../../gateway/ike/certificates/settings.ts";

/** The text of a file of the script. */
export function certificateFile(name: string): string {
  const text = FILES[name];
  if (text === undefined) throw new Error(`Cannot find ${name}`);
  return text;
}

/** The octets of a file of the script. */
export function certificateDer(name: string): Uint8Array {
  const [first] = pemObjects(certificateFile(name));
  if (first === undefined) throw new Error(`Cannot read ${name}`);
  return first.der;
}

/** Settings of an end with a certificate that trusts the root. */
export function certificateSettings(
  name: string | null,
  change: Partial<CertificateSettings> & { readonly rsa?: "pss" | "pkcs1" } = {},
): CertificateSettings {
  const { rsa = "pss", ...rest } = change;
  const chain = name === null ? [] : [certificateDer(`${name}.pem`)];
  if (name === "below") chain.push(certificateDer("middle.pem"));
  return {
    own: name === null ? null : { chain, key: certificateDer(`${name}.key`), rsa },
    anchors: [certificateDer("root.pem")],
    crls: [],
    needsCrl: false,
    usage: "any",
    ...rest,
  };
}

/** When tests are, in seconds since 1970: 2030-01-01. */
export const TEST_TIME = 1_893_456_000;

const FILES: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("./certificates/certificates.json", import.meta.url), "utf8"),
);
