// Why a peer's certificate is refused: a label for metrics, and what to mend.

import type { PkiReason } from "../../../ts-bindings/pki.ts";
import type { IkeRefusal } from "../../model/ike_refusal.ts";

/** The reason and the text of a verdict. */
export function certificateRefusal(
  reason: PkiReason,
  who: string,
): { readonly reason: IkeRefusal; readonly detail: string } {
  const [label, text] = TEXTS[reason];
  return { reason: label, detail: `${who}: ${text}` };
}

const TEXTS: Readonly<Record<PkiReason, readonly [IkeRefusal, string]>> = {
  malformed: ["certificate_malformed", "a certificate is malformed"],
  expired: ["certificate_expired", "a certificate is expired"],
  "not_yet_valid": ["certificate_expired", "a certificate is not valid yet; is the clock right?"],
  "unknown_issuer": ["certificate_foreign", "no path leads to a trusted CA"],
  signature: ["certificate_foreign", "a CA of the path has not signed"],
  "signature_algorithm": [
    "certificate_algorithm",
    "a certificate is signed by an algorithm that is not allowed, such as SHA-1",
  ],
  key: ["certificate_key", "the key is of a kind that is not allowed, such as RSA below 2048 bits"],
  revoked: ["certificate_revoked", "a certificate is revoked"],
  "no_crl": ["certificate_crl", "a CA has no CRL, and one is demanded"],
  "crl_expired": ["certificate_crl", "the CRL of a CA is expired"],
  crl: ["certificate_crl", "a CRL is malformed, or its CA has not signed it"],
  usage: ["certificate_usage", "the certificate is not for signatures of IKE"],
  "not_ca": ["certificate_usage", "a certificate of the path is no CA's"],
  ca: ["certificate_usage", "the certificate is a CA's"],
  "path_len": ["certificate_usage", "the path is longer than a CA allows"],
  "name_constraints": ["certificate_usage", "a CA does not allow a name"],
  "critical_extension": ["certificate_usage", "an extension is critical and unknown here"],
  identity: [
    "certificate_identity",
    "the certificate does not have this identity among its alternative names",
  ],
  limit: ["certificate_malformed", "the certificates take too much work"],
};
