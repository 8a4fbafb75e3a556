// Generated from wasm-core/src/report/status.rs by `cargo run --example gen_layout`. Do not edit.

/** Numbers of the statuses, as the core returns and counts them. */
export const Status = {
  Ok: 0,
  PrefixMismatch: 1,
  PrefixTimeout: 2,
  FrameLengthInvalid: 3,
  FrameTimeout: 4,
  SendStalled: 5,
  PeerClosed: 6,
  PeerReset: 7,
  IdleTimeout: 8,
  SuspectLimit: 9,
  Kicked: 10,
  Drained: 11,
  FrameEmpty: 12,
  Keepalive: 13,
  DummyPacket: 14,
  FrameShort: 15,
  IkeShort: 16,
  EspShort: 17,
  UnknownSpi: 18,
  IcvMismatch: 19,
  IkeTooLong: 20,
  EspTooLong: 21,
  NoUpstream: 22,
  UpstreamRefused: 23,
  UpstreamOverflow: 24,
  SeqZero: 25,
  SeqReplayed: 26,
  SeqStale: 27,
  PadLengthInvalid: 28,
  PadOctetsInvalid: 29,
  NextHeaderUnknown: 30,
  InnerInvalid: 31,
  SelectorMismatch: 32,
  NoPolicy: 33,
  NoPath: 34,
  TxRingFull: 35,
  InnerFull: 36,
  SeqSoftLimit: 37,
  SeqExhausted: 38,
  SaExpired: 39,
  Accepted: 40,
  RefusedTotal: 41,
  RefusedSource: 42,
  RefusedDraining: 43,
  SpiInUse: 44,
  SadFull: 45,
  SpecInvalid: 46,
  CoreTrap: 47,
  QueueDelay: 48,
} as const;

/** Name of a status. */
export type StatusName = keyof typeof Status;

/** What a status means for its packet, its connection or its SA. */
export type Fate =
  | "none"
  | "ignore"
  | "drop"
  | "suspect"
  | "close"
  | "expire"
  | "accept"
  | "refuse"
  | "fatal";

/** What is known of a status. */
export interface StatusInfo {
  readonly name: StatusName;
  readonly snakeCase: string;
  readonly fate: Fate;
}

/** All statuses; the index is the number. */
export const STATUSES: readonly StatusInfo[] = [
  { name: "Ok", snakeCase: "ok", fate: "none" },
  { name: "PrefixMismatch", snakeCase: "prefix_mismatch", fate: "close" },
  { name: "PrefixTimeout", snakeCase: "prefix_timeout", fate: "close" },
  { name: "FrameLengthInvalid", snakeCase: "frame_length_invalid", fate: "close" },
  { name: "FrameTimeout", snakeCase: "frame_timeout", fate: "close" },
  { name: "SendStalled", snakeCase: "send_stalled", fate: "close" },
  { name: "PeerClosed", snakeCase: "peer_closed", fate: "close" },
  { name: "PeerReset", snakeCase: "peer_reset", fate: "close" },
  { name: "IdleTimeout", snakeCase: "idle_timeout", fate: "close" },
  { name: "SuspectLimit", snakeCase: "suspect_limit", fate: "close" },
  { name: "Kicked", snakeCase: "kicked", fate: "close" },
  { name: "Drained", snakeCase: "drained", fate: "close" },
  { name: "FrameEmpty", snakeCase: "frame_empty", fate: "ignore" },
  { name: "Keepalive", snakeCase: "keepalive", fate: "ignore" },
  { name: "DummyPacket", snakeCase: "dummy_packet", fate: "ignore" },
  { name: "FrameShort", snakeCase: "frame_short", fate: "suspect" },
  { name: "IkeShort", snakeCase: "ike_short", fate: "suspect" },
  { name: "EspShort", snakeCase: "esp_short", fate: "suspect" },
  { name: "UnknownSpi", snakeCase: "unknown_spi", fate: "suspect" },
  { name: "IcvMismatch", snakeCase: "icv_mismatch", fate: "suspect" },
  { name: "IkeTooLong", snakeCase: "ike_too_long", fate: "drop" },
  { name: "EspTooLong", snakeCase: "esp_too_long", fate: "drop" },
  { name: "NoUpstream", snakeCase: "no_upstream", fate: "drop" },
  { name: "UpstreamRefused", snakeCase: "upstream_refused", fate: "drop" },
  { name: "UpstreamOverflow", snakeCase: "upstream_overflow", fate: "drop" },
  { name: "SeqZero", snakeCase: "seq_zero", fate: "drop" },
  { name: "SeqReplayed", snakeCase: "seq_replayed", fate: "drop" },
  { name: "SeqStale", snakeCase: "seq_stale", fate: "drop" },
  { name: "PadLengthInvalid", snakeCase: "pad_length_invalid", fate: "drop" },
  { name: "PadOctetsInvalid", snakeCase: "pad_octets_invalid", fate: "drop" },
  { name: "NextHeaderUnknown", snakeCase: "next_header_unknown", fate: "drop" },
  { name: "InnerInvalid", snakeCase: "inner_invalid", fate: "drop" },
  { name: "SelectorMismatch", snakeCase: "selector_mismatch", fate: "drop" },
  { name: "NoPolicy", snakeCase: "no_policy", fate: "drop" },
  { name: "NoPath", snakeCase: "no_path", fate: "drop" },
  { name: "TxRingFull", snakeCase: "tx_ring_full", fate: "drop" },
  { name: "InnerFull", snakeCase: "inner_full", fate: "drop" },
  { name: "SeqSoftLimit", snakeCase: "seq_soft_limit", fate: "expire" },
  { name: "SeqExhausted", snakeCase: "seq_exhausted", fate: "expire" },
  { name: "SaExpired", snakeCase: "sa_expired", fate: "expire" },
  { name: "Accepted", snakeCase: "accepted", fate: "accept" },
  { name: "RefusedTotal", snakeCase: "refused_total", fate: "accept" },
  { name: "RefusedSource", snakeCase: "refused_source", fate: "accept" },
  { name: "RefusedDraining", snakeCase: "refused_draining", fate: "accept" },
  { name: "SpiInUse", snakeCase: "spi_in_use", fate: "refuse" },
  { name: "SadFull", snakeCase: "sad_full", fate: "refuse" },
  { name: "SpecInvalid", snakeCase: "spec_invalid", fate: "refuse" },
  { name: "CoreTrap", snakeCase: "core_trap", fate: "fatal" },
  { name: "QueueDelay", snakeCase: "queue_delay", fate: "drop" },
];
