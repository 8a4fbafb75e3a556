//! The layout of the shared memory. No other module has numbers of it.
//!
//! `ts-bindings/layout.ts` is generated from [`crate::border::names`]. Regions follow each other,
//! each aligned to 4,096 octets:
//!
//! ```text
//! static data, bump heap | globals | lane blocks | connection rows | source table | peers | SAs |
//! SPI index | policy index | pool | ring blocks
//! ```

use crate::aead::KEY_MATERIAL_MAX;

pub mod connection_row;
pub mod globals;
pub mod lane;
pub mod plan;
pub mod record;
pub mod sa_row;
pub mod system;

/// Version of the border: grows when an export gets other parameters or another meaning.
pub const ABI: u32 = 2;
/// Version of the exports of the native engine.
pub const ENGINE_ABI: u32 = 1;

// From the specifications.

/// Octets of the Length field (RFC 9329 §3).
pub const LENGTH_FIELD_LEN: u32 = 2;
/// Octets of the non-ESP marker (RFC 3948 §2.2).
pub const NON_ESP_MARKER_LEN: u32 = 4;
/// Octets of an IKE header (RFC 7296 §3.1).
pub const IKE_HEADER_LEN: u32 = 28;
/// Most octets of an IKE message that is sealed or opened here: the payload of a frame has fewer.
pub const IKE_MESSAGE_MAX: u32 = 65_535;
/// Most octets of a frame's payload (RFC 9329 §3).
pub const PAYLOAD_LEN_MAX: u32 = 65_533;
/// Most octets of a UDP datagram's payload over IPv4.
pub const DATAGRAM_LEN_MAX: u32 = 65_507;

// Sizes of our own.

/// Most frames, packets or messages of one batch.
pub const BATCH_MAX: usize = 64;
/// Most frames that one look for a batch takes in, those that go nowhere among them.
pub const SCAN_MAX: u32 = 256;
/// Events of one `epoll_wait`.
pub const EPOLL_MAX: usize = 256;
/// Parts of one `sendmsg` to TCP.
pub const TX_IOV_MAX: usize = 64;
/// Most datagrams, or runs of them, of one read from upstream: the reserve for IKE takes no more.
pub const UP_READ_MAX: usize = 3;
/// Most datagrams in one run to the daemon. All kernels take so many.
pub const UP_RUN_MAX: u32 = 64;
/// Most datagrams in one run from the daemon. Kernels join up to 64, but since Linux 6.9 a run from
/// the same host arrives as it was sent, with up to 128.
pub const UP_READ_RUN_MAX: u32 = 128;
/// Most octets of a run, over either version of IP.
pub const UP_RUN_LEN_MAX: u32 = 65_535 - 40 - 8;
/// Room for the control messages of one datagram.
pub const CONTROL_LEN: usize = 64;
/// Room for counters by status number.
pub const STATUS_MAX: usize = 64;
/// Records of an event ring.
pub const EVENT_COUNT: usize = 1024;
/// Records of a command ring.
pub const COMMAND_COUNT: usize = 256;
/// Prefixes of an SA on each side.
pub const SELECTOR_MAX: usize = 8;
/// Largest anti-replay window.
pub const WINDOW_MAX: u32 = 4096;
/// Smallest anti-replay window (RFC 4303 §3.4.3).
pub const WINDOW_MIN: u32 = 32;
/// Words of an anti-replay window.
pub const WINDOW_WORDS: usize = WINDOW_MAX as usize / 64;
/// Octets of a specification for keying material.
pub const KEY_MATERIAL_ROOM: usize = 40;
const _: () = assert!(KEY_MATERIAL_MAX <= KEY_MATERIAL_ROOM);
/// Most SAs of one process.
pub const SAS_MAX: u32 = 16_384;
/// Places of a set of recent SPIs: together they hold as many as there are SAs.
pub const RECENT_PLACES: usize = SAS_MAX as usize / RECENT_WAYS;
/// SPIs of one place.
pub const RECENT_WAYS: usize = 4;
/// Packets of promised SPIs that wait in a lane.
pub const WAITING_MAX: usize = 64;
/// Most octets of one.
pub const WAITING_LEN: usize = 2048;
/// Longest time that it waits, ms.
pub const WAITING_MS: f64 = 1000.0;
/// Most connections of one process: an id has 20 bits for the row, and row 0 is none.
pub const CONNECTIONS_MAX: u32 = (1 << 20) - 1;
/// Bits of a packed path's low half that hold the row.
pub const PATH_ROW_MASK: u32 = CONNECTIONS_MAX;
/// Where its kind begins, which the top bits hold.
pub const PATH_KIND_SHIFT: u32 = 28;
/// Kind of a path: a TCP connection.
pub const PATH_TCP: u32 = 0;
/// Most lanes of one process.
pub const LANES_MAX: u32 = 64;
/// Largest inner packet.
pub const INNER_MTU_MAX: u32 = 65_400;

/// Octets of a ring.
pub const RING_LEN: u32 = 1 << 18;
/// Octets behind a ring that keep a frame contiguous if it begins before the ring's end: one
/// largest frame.
pub const SLACK_LEN: u32 = 65_536;
/// A ring with its slack.
pub const RING_BLOCK_LEN: u32 = RING_LEN + SLACK_LEN;
/// Octets of ESP that may wait for TCP while its rate is unknown. A frame that has left in part
/// does not count.
pub const TX_QUEUE_MAX: u32 = 65_536;
/// Most octets that the kernel should hold unsent (TCP_NOTSENT_LOWAT) when a connection begins.
pub const LOWAT_START: u32 = 32_768;
/// Upper limit of it.
pub const LOWAT_MAX: u32 = 131_072;
/// Lower limit of it: a few segments.
pub const LOWAT_MIN: u32 = 8192;
/// We fill the kernel in this many parts. It compares its unsent octets with the mark only before
/// it begins a new buffer of up to 64 KiB, and each part begins one.
pub const LOWAT_PARTS: u32 = 4;

/// A WebAssembly page.
pub const PAGE_LEN: u32 = 65_536;
/// Alignment of regions.
pub const REGION_ALIGN: u32 = 4096;
/// Octets of the fixed heap: a stack of 256 KiB and TLS for each lane, and the standard library's
/// needs at start.
pub const HEAP_LEN: u32 = LANES_MAX * (262_144 + 16_384) + 262_144;
/// Room behind an inner packet for the ESP trailer.
pub const TAIL_LEN: u32 = 16;
/// Room before an inner packet in a slot for the header of a device with offloads.
pub const SLOT_HEAD_LEN: u32 = 16;
/// Octets of a slot, which holds the result of any one `read` of the device. It is no multiple of a
/// page, so that the first lines of different slots fall into different cache sets.
pub const SLOT_LEN: u32 = (SLOT_HEAD_LEN + 65_535 + TAIL_LEN).next_multiple_of(64);

// Values in tables.

/// The row is free, or its connection has ended.
pub const CONN_CLOSED: u32 = 0;
/// Waiting for the stream prefix.
pub const CONN_ACCEPTED: u32 = 1;
/// Waiting for the first message.
pub const CONN_PREFIXED: u32 = 2;
/// In use.
pub const CONN_ENABLED: u32 = 3;
/// The queued octets leave, then it closes.
pub const CONN_DRAINING: u32 = 4;

/// In place of a count: the pool of rings is empty.
pub const NO_RING: i32 = -1;

/// No whole frame is left.
pub const BATCH_NONE: u32 = 0;
/// Jobs to be opened.
pub const BATCH_ESP: u32 = 1;
/// Messages to be sent upstream.
pub const BATCH_UPSTREAM: u32 = 2;
/// The connection ends, with a status.
pub const BATCH_CLOSE: u32 = 3;
/// As many frames as one call looks at went nowhere; more may follow.
pub const BATCH_SKIPPED: u32 = 4;
/// IKE messages for an endpoint in this process.
pub const BATCH_HAND_OVER: u32 = 5;

/// In `ROW_UP_SAID`: the client has sent the daemon more than a first IKE_SA_INIT.
pub const SAID_CLIENT: u32 = 1;
/// The daemon has sent it IKE.
pub const SAID_DAEMON_IKE: u32 = 2;
/// The daemon has sent it ESP.
pub const SAID_DAEMON_ESP: u32 = 4;
/// A message of the client has carried a responder's SPI.
pub const SAID_IKE_LIVE: u32 = 8;
/// Another IKE SA has begun after that, and an event has said so.
pub const SAID_IKE_SHARED: u32 = 16;

/// IKE is dropped.
pub const IKE_DROP: u32 = 0;
/// IKE is passed to a daemon.
pub const IKE_RELAY: u32 = 1;
/// IKE is handed over to an endpoint in this process.
pub const IKE_HAND_OVER: u32 = 2;

/// ESP of an unknown SPI is dropped.
pub const UNKNOWN_SPI_DROP: u32 = 0;
/// It is passed to a daemon.
pub const UNKNOWN_SPI_RELAY: u32 = 1;

/// The inner side's device takes plain packets only.
pub const OFFLOAD_NONE: u32 = 0;
/// Bit: each packet has a header in front, and those that come may be of many segments.
pub const OFFLOAD_HEADER: u32 = 1;
/// Bit: it takes TCP in packets of many segments.
pub const OFFLOAD_TCP: u32 = 2;
/// Bit: it takes UDP in packets of many segments.
pub const OFFLOAD_UDP: u32 = 4;

/// From TCP.
pub const INBOUND: usize = 0;
/// To TCP.
pub const OUTBOUND: usize = 1;

/// Index of a kind of frame in counters.
pub const KIND_IKE: usize = 0;
/// ESP packet.
pub const KIND_ESP: usize = 1;
/// NAT-keepalive.
pub const KIND_KEEPALIVE: usize = 2;
/// Empty frame.
pub const KIND_EMPTY: usize = 3;

/// The SA opens packets.
pub const SA_INBOUND: u32 = 0;
/// The SA seals packets.
pub const SA_OUTBOUND: u32 = 1;

/// The row is free.
pub const SA_FREE: u32 = 0;
/// In use.
pub const SA_ACTIVE: u32 = 1;
/// In use, and past its soft limit.
pub const SA_SOFT: u32 = 2;
/// Past a hard limit.
pub const SA_EXPIRED: u32 = 3;

/// What an SA's limit counts: packets since the install.
pub const MEASURE_PACKETS: u32 = 1;
/// Octets of the cipher since the install.
pub const MEASURE_OCTETS: u32 = 2;
/// Seconds since the install.
pub const MEASURE_SECONDS: u32 = 3;
/// Sequence numbers, which end.
pub const MEASURE_SEQUENCE: u32 = 4;

/// A connection was accepted (appended by TypeScript).
pub const EVENT_OPENED: u32 = 1;
/// A connection has ended; status says why (appended by TypeScript).
pub const EVENT_CLOSED: u32 = 2;
/// A peer's path is another connection now; value is the peer's number.
pub const EVENT_PATH_MOVED: u32 = 3;
/// An SA is past a soft limit; value is its last number. Once for each measure.
pub const EVENT_SOFT_LIMIT: u32 = 4;
/// An SA has stopped; status says why, value is its last number.
pub const EVENT_SA_EXPIRED: u32 = 5;
/// An auditable drop (RFC 4303 §4); value is the sequence number. Rate limited.
pub const EVENT_AUDIT: u32 = 6;
/// An IKE message went no further; status says why. Rate limited.
pub const EVENT_IKE_DROPPED: u32 = 7;
/// A second IKE SA began on the connection of one. Once a connection.
pub const EVENT_IKE_SHARED: u32 = 8;

/// The first authentic packet of an inbound SA; value is its sequence number. Once.
pub const EVENT_SA_FIRST: u32 = 9;

/// `AF_INET`.
pub const FAMILY_V4: u32 = 2;
/// `AF_INET6`.
pub const FAMILY_V6: u32 = 10;

/// Bounded buckets of a histogram; one more has no bound.
pub const BUCKETS: usize = 16;
/// Upper bounds of the IKE delay, seconds.
pub const DELAY_BUCKETS: [f64; BUCKETS] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 5.0,
];
/// Upper bounds of the send queue, octets.
pub const QUEUE_BUCKETS: [f64; BUCKETS] = [
    0.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16_384.0, 24_576.0, 32_768.0, 49_152.0, 65_536.0,
    81_920.0, 98_304.0, 131_072.0, 196_608.0, 262_144.0,
];

/// Octets of the place of one segment, for inner packets of up to `inner_mtu`.
pub const fn segment_len(inner_mtu: u32) -> u32 {
    (inner_mtu + TAIL_LEN).next_multiple_of(64)
}
