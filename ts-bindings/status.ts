// Generated from wasm-core/src/report/status.rs by `deno task generate`. Do not edit.

/** Numbers of the statuses, as the core returns and counts them. */
export const Status = {
  /** Done: no condition. */
  Ok: 0,
  /** The first six octets are not `IKETCP`; nothing is sent back. */
  PrefixMismatch: 1,
  /** Prefix or first accepted message did not come in `--prefix-timeout-ms`. */
  PrefixTimeout: 2,
  /** Length 0 or 1 (RFC 9329 §3.1). */
  FrameLengthInvalid: 3,
  /**
   * An inbound frame was not complete in `--frame-timeout-ms`. When rings run out, connections
   * that have held one for a twentieth of that without valid traffic are closed too, the
   * longest-idle first.
   */
  FrameTimeout: 4,
  /** An outbound frame could not leave whole in `--frame-timeout-ms`. */
  SendStalled: 5,
  /** The peer sent FIN; everything before it was handled, and the queue left. */
  PeerClosed: 6,
  /** The connection was reset, or failed in the kernel. */
  PeerReset: 7,
  /** No authenticated ESP and no datagram from upstream for `--idle-timeout-ms`. */
  IdleTimeout: 8,
  /** The corruption score reached `--suspect-limit`. */
  SuspectLimit: 9,
  /** `kick`, or `DELETE /v1/connections/{id}`. */
  Kicked: 10,
  /** Closed by a drain. */
  Drained: 11,
  /** Length 2: an empty message. */
  FrameEmpty: 12,
  /** One octet 0xFF. */
  Keepalive: 13,
  /** Authentic, next header 59 (RFC 4303 §2.6). */
  DummyPacket: 14,
  /** Another payload of 1 to 4 octets. */
  FrameShort: 15,
  /** An IKE message shorter than its header. */
  IkeShort: 16,
  /**
   * Shorter than ESP header and trailer; for an SA of ours, shorter than these with IV and ICV.
   */
  EspShort: 17,
  /** No inbound SA has this SPI (1 to 255 never have one), and there is no upstream. */
  UnknownSpi: 18,
  /** The ICV is wrong on a known SPI. */
  IcvMismatch: 19,
  /** An IKE message larger than a UDP datagram can be. */
  IkeTooLong: 20,
  /** A relayed ESP packet larger than a UDP datagram can be. */
  EspTooLong: 21,
  /** An IKE message came, and nobody answers IKE: it is off here, and there is no `--upstream`. */
  NoUpstream: 22,
  /**
   * The upstream refuses (ICMP), or the host refuses the send or the socket for a reason other
   * than a shortage.
   */
  UpstreamRefused: 23,
  /** The upstream socket lost datagrams in the kernel. */
  UpstreamOverflow: 24,
  /** The full sequence number is 0. */
  SeqZero: 25,
  /** This number was seen before. */
  SeqReplayed: 26,
  /** Left of the anti-replay window. */
  SeqStale: 27,
  /** Authentic, but the pad length is longer than the packet. */
  PadLengthInvalid: 28,
  /** Authentic, but the pad octets are not 1, 2, 3, ... */
  PadOctetsInvalid: 29,
  /** Authentic, but the next header is neither 4, 41 nor 59. */
  NextHeaderUnknown: 30,
  /**
   * The inner packet is malformed: an authentic one, or one from the TUN that contradicts its
   * own header.
   */
  InnerInvalid: 31,
  /** Authentic, but the inner packet is outside the SA's selectors. */
  SelectorMismatch: 32,
  /** No outbound SA has selectors for this inner packet. */
  NoPolicy: 33,
  /** The peer has no connection at the moment. */
  NoPath: 34,
  /**
   * There is no room in the connection's queue, the burst is longer than 150 ms of its rate, or
   * the connection of a datagram from upstream has ended; no sequence number was taken.
   */
  TxRingFull: 35,
  /** The TUN takes no more. */
  InnerFull: 36,
  /**
   * The SA reached a soft limit (packets, octets, seconds), or its sequence numbers come to
   * their end; an event asks for a rekey. Once for each of them.
   */
  SeqSoftLimit: 37,
  /** The outbound counter is at its end: a number could repeat. */
  SeqExhausted: 38,
  /**
   * A hard limit (packets, octets, seconds) has passed. Inbound packets for an SA that has left
   * so are counted here, too.
   */
  SaExpired: 39,
  /** The connection was taken. */
  Accepted: 40,
  /** Closed at once: `--max-connections`, or too few descriptors (`open_files_low`). */
  RefusedTotal: 41,
  /** Closed at once: `--max-connections-per-source`. */
  RefusedSource: 42,
  /** Closed at once: the gateway drains. */
  RefusedDraining: 43,
  /** An SA with this SPI is installed. */
  SpiInUse: 44,
  /** No room for another SA. */
  SadFull: 45,
  /** The core does not accept this SA. */
  SpecInvalid: 46,
  /** A trap in the core; the lane may have held a lock of the shared memory. */
  CoreTrap: 47,
  /**
   * Packets have waited for TCP longer than 5 ms for a while (CoDel). The drop tells the sender
   * inside to slow down; the packet has taken no number. A packet that can carry an ECN mark is
   * marked instead and goes on (`culvert_ecn_marks_total`).
   */
  QueueDelay: 48,
  /**
   * An IKE message could not be handed to the daemon, or to the IKE of this process, in
   * `--frame-timeout-ms`, or was refused on its way. The initiator begins anew on another
   * connection (RFC 9329 §6.2).
   */
  IkeUndelivered: 49,
  /**
   * A datagram of the daemon for a client that has gone, or for one that has not said anything
   * which it could answer.
   */
  UpstreamStray: 50,
  /** No word that proves a key came in `--unauthenticated-timeout-ms`. */
  Unauthenticated: 51,
  /**
   * It gave way to others. At a limit of connections, descriptors or ports: its peer goes on on
   * another connection, or nothing on it has proved a key. From half of a limit on: its peer
   * answers nothing any more.
   */
  GaveWay: 52,
  /** An IKE message that no honest peer sends: malformed, or under a key that is not its own. */
  IkeInvalid: 53,
} as const;

/** Name of a status. */
export type StatusName = keyof typeof Status;

/** The consequence of a status for its packet, its connection or its SA. */
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

/** The name and the fate of a status. */
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
  { name: "IkeUndelivered", snakeCase: "ike_undelivered", fate: "close" },
  { name: "UpstreamStray", snakeCase: "upstream_stray", fate: "drop" },
  { name: "Unauthenticated", snakeCase: "unauthenticated", fate: "close" },
  { name: "GaveWay", snakeCase: "gave_way", fate: "close" },
  { name: "IkeInvalid", snakeCase: "ike_invalid", fate: "suspect" },
];
