// Rule IW5: what a message may hold. A peer that goes beyond gets the answer to malformed messages,
// except where a line says that the rest is passed over.

export const LIMIT = {
  /** Octets of a message in TCP: a frame less its Length field and the marker (RFC 9329 §3). */
  MESSAGE_LEN: 65_529,
  /** Octets of a message from a peer that has not proved who it is. */
  STRANGER_MESSAGE_LEN: 16_384,
  /** Payloads of a message, those inside SK included. */
  PAYLOADS: 64,
  NOTIFIES: 32,
  VENDORS: 32,
  CERTS: 8,
  CERT_LEN: 16_384,
  /** Hashes of authorities that are read of all CERTREQ of a message; the rest is passed over. */
  AUTHORITIES: 256,
  PROPOSALS: 32,
  TRANSFORMS_OF_PROPOSAL: 64,
  TRANSFORMS_OF_SA: 256,
  /** Selectors that are read of each TS payload; the rest is passed over. */
  SELECTORS: 64,
  CP_ATTRIBUTES: 64,
  /** SPIs that are read of each Delete; the rest is passed over. */
  DELETED_SPIS: 256,
  ID_LEN: 1_024,
  EAP_LEN: 16_384,
  FRAGMENTS: 64,
  /** Octets of all fragments of a message together. */
  FRAGMENTS_LEN: 65_536,
  FRAGMENTS_MS: 30_000,
} as const;
