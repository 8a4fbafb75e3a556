// What certificates need in the IKE worker. The module is made when the first certificate is asked
// about: most gateways have none.

import { instantiatePki, type Pki } from "../../ts-bindings/pki.ts";
import type { CertificateTools } from "../ike/certificates/settings.ts";
import { isSigned } from "../ike/keys/signatures.ts";

/** @param octets The module for certificates */
export function createCertificateTools(octets: Uint8Array<ArrayBuffer>): CertificateTools {
  let made: Pki | undefined;
  const pki = (): Pki =>
    made ??= instantiatePki(octets, {
      verify: ({ kind, hash, ...claim }) => isSigned({ kind, hash }, claim),
    });
  return {
    pki: {
      validate: (question) => pki().validate(question),
      describe: (der) => pki().describe(der),
    },
    unixSeconds: () => Math.floor(Date.now() / 1000),
  };
}
