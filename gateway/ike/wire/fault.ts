// What can be wrong with a message. `gateway/ike/wire/verdict.ts` says what its sender gets for it.

/** Something parsed, or what is wrong with the octets. */
export type Parsed<T> = { readonly value: T } | { readonly fault: Fault };

/** What is wrong with a message. */
export interface Fault {
  readonly reason: FaultReason;
  /** Of `critical_payload`: the type that the answer names; else 0. */
  readonly payloadType: number;
}

/** A label of metrics, so the list is closed and nothing in it comes from a peer. */
export type FaultReason = keyof typeof FAULTS;

export function faultOf(reason: FaultReason, payloadType = 0): { readonly fault: Fault } {
  return { fault: { reason, payloadType } };
}

const SILENT = { answer: "none", isScored: false } as const;
const SCORED = { answer: "none", isScored: true } as const;
const SYNTAX = { answer: "syntax", isScored: false } as const;

/** Reasons, in the order in which a message meets them. */
export const FAULTS = {
  /** Fewer octets than a header (rule IW40). */
  header_short: SCORED,
  /** Length is not the message's (rule IW40). */
  length_mismatch: SCORED,
  /** SPIi is 0 (rule IW41). */
  spi_zero: SCORED,
  /** Rules IW42, IW43. */
  version_higher: { answer: "version", isScored: false },
  /** Rule IW43: IKEv1 and what was before it. */
  version_lower: SILENT,
  /** A first request with an SPIr, with a Message ID or without flag I (rule IW46). */
  initial_fields: SCORED,
  /** Longer than its sender may make it (rule IW5). */
  message_long: SCORED,
  /** A request that has to be sealed and is not (rule IW23). */
  not_sealed: SCORED,
  /** SK or SKF in an exchange that begins an IKE SA (rules IW49, IW80). */
  sealed_early: SYNTAX,
  /** A payload below 4 octets or beyond the end (rule IW49). */
  payload_length: SYNTAX,
  /** Octets behind the last payload (rule IW49). */
  trailing_octets: SYNTAX,
  /** SK or SKF inside SK (rule IW3). */
  sealed_nested: SYNTAX,
  /** An unknown payload with the critical bit (rules IW1, IW50, IW51). */
  critical_payload: { answer: "critical", isScored: false },
  payloads_too_many: SYNTAX,
  notifies_too_many: SYNTAX,
  vendors_too_many: SYNTAX,
  certs_too_many: SYNTAX,
  /** IV, pad length and ICV do not fit into SK (rule IW22). */
  sealed_short: SCORED,
  /** Rule IW22. */
  icv: SCORED,
  /** Rule IW70. */
  padding: SYNTAX,
  /** Numbers of a fragment that cannot be (rule IW81). */
  fragment_numbers: SCORED,
  /** A fragment that is here already, or of a total that is no longer collected (rule IW81). */
  fragment_stale: SILENT,
  /** More fragments than rule IW82 allows. */
  fragments_too_many: SILENT,
  /** More octets in fragments than rule IW82 allows. */
  fragments_long: SILENT,
  /** A payload of the exchange that may come once came twice (rule IW52). */
  payload_twice: SYNTAX,
  /** A payload without which the exchange means nothing is not there (rule IW52). */
  payload_missing: SYNTAX,
  /** The fixed fields of a payload do not fit into it (rule IW49). */
  body_short: SYNTAX,
  /** Rule IW53. */
  proposal_lengths: SYNTAX,
  proposals_too_many: SYNTAX,
  /** Rule IW53. */
  transform_lengths: SYNTAX,
  transforms_too_many: SYNTAX,
  /** Rule IW59. */
  nonce_length: SYNTAX,
  cert_long: SYNTAX,
  /** Rule IW64. */
  ts_lengths: SYNTAX,
  /** Rule IW66. */
  cp_lengths: SYNTAX,
  cp_attributes_too_many: SYNTAX,
  /** Rule IW68. */
  delete_spis: SYNTAX,
} as const satisfies Record<string, Row>;

interface Row {
  readonly answer: "none" | "syntax" | "critical" | "version";
  readonly isScored: boolean;
}
