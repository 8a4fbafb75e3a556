// Certificates in the settings of the engine: plain data, which a message can carry.

import type { Pki } from "../../../ts-bindings/pki.ts";

/** What this side proves itself with, and whom it believes. */
export interface CertificateSettings {
  /** Null if this side has no certificate. */
  readonly own: OwnCertificate | null;
  /** DER of the certificates of trusted CAs. */
  readonly anchors: readonly Uint8Array[];
  /** DER. */
  readonly crls: readonly Uint8Array[];
  /** Whether each CA of a path needs a CRL whose time is not over. */
  readonly needsCrl: boolean;
  /** `ike`: a certificate's extended key usage must name IKE. `any`: TLS will do too. */
  readonly usage: "ike" | "any";
}

/** A certificate with its private key. */
export interface OwnCertificate {
  /** DER: this side's certificate first, then CAs between it and the root. */
  readonly chain: readonly Uint8Array[];
  /** PKCS #8, DER. The caller keeps it, and wipes it in the end. */
  readonly key: Uint8Array;
  /** How RSA is signed. */
  readonly rsa: "pss" | "pkcs1";
}

/** What certificates need from outside. */
export interface CertificateTools {
  readonly pki: Pick<Pki, "validate" | "describe">;
  /** Seconds since 1970. */
  unixSeconds(): number;
}
