//! A connection's row: its identity, its rings, its counters.
//!
//! Each cache line has one writer. Identity and receive side belong to the owner lane, the transmit
//! side to the holder of `tx_lock`. `state` and `generation` change under `tx_lock`.
//!
//! A fact about a connection that stands here is kept nowhere else.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, AtomicU64};

/// Frames and octets by kind: IKE, ESP, keepalive, empty.
#[repr(C, align(64))]
pub struct ByKind {
    /// Frames.
    pub frames: [AtomicU64; 4],
    /// Octets without Length fields.
    pub octets: [AtomicU64; 4],
}

/// Cursors of a ring of whole frames (`stream::frame_ring`).
#[derive(Default)]
#[repr(C)]
pub struct FrameCursors {
    /// Offset of the ring block, 0 without one.
    pub block: Cell<u32>,
    /// Where the next frame goes; runs freely.
    pub written: Cell<u32>,
    /// Where the oldest frame begins; runs freely.
    pub consumed: Cell<u32>,
    /// Where the frames of the lap before `written`'s end in the block.
    pub lap_end: Cell<u32>,
    /// Octets of frames in the ring, without those of the first frame that have left.
    pub queued: Cell<u32>,
}

/// The time that frames wait, and the octets that the kernel may hold (`stream::queue`). Times are
/// monotonic milliseconds, 0 is none.
#[derive(Default)]
#[repr(C)]
pub struct Queue {
    /// When the timed frame came in.
    pub mark_at: Cell<f64>,
    /// How long the last timed frame stayed.
    pub stay: Cell<f64>,
    /// When stays will have been above the target for an interval.
    pub above_at: Cell<f64>,
    /// When the next drop is due.
    pub drop_at: Cell<f64>,
    /// When the kernel was full at the beginning of the window.
    pub full_at: Cell<f64>,
    /// Octets a millisecond that the kernel sends while it has enough; 0 is not known.
    pub rate: Cell<f64>,
    /// The cursor behind the timed frame.
    pub mark: Cell<u32>,
    /// Whether drops go on.
    pub is_dropping: Cell<u32>,
    /// Drops since they began; a new series begins with the count of a recent one.
    pub drops: Cell<u32>,
    /// `drops` when they began.
    pub drops_before: Cell<u32>,
    /// Octets that the kernel took in the window.
    pub window: Cell<u32>,
    /// Octets that the kernel took since it was last full.
    pub run: Cell<u32>,
    /// Whether the queue has been empty since.
    pub was_empty: Cell<u32>,
    /// Whether the kernel sent all it had during the window while we had more.
    pub has_run_dry: Cell<u32>,
    /// Most octets that the kernel should hold unsent.
    pub lowat: Cell<u32>,
    /// The value of `lowat` that the kernel has; 0 asks the lane to set it and to read `segment`.
    pub lowat_set: Cell<u32>,
    /// Octets of a TCP segment; 0 until the lane has read it.
    pub segment: Cell<u32>,
    _queue_pad: u32,
}

/// One row of the connection table.
#[repr(C, align(64))]
pub struct Row {
    /// One of the `CONN_` constants.
    pub state: AtomicU32,
    /// Owner lane.
    pub lane: Cell<u32>,
    /// Descriptor of the TCP connection.
    pub fd: Cell<i32>,
    /// Epoll set of the owner lane.
    pub epfd: Cell<i32>,
    /// Grows when the connection closes, so that a path never leads to the row's next connection.
    pub generation: AtomicU32,
    /// `AF_INET` or `AF_INET6`; a mapped IPv4 address counts as IPv4.
    pub family: Cell<u32>,
    /// 4 or 16 octets.
    pub address: [Cell<u8>; 16],
    /// Port of the peer.
    pub port: Cell<u32>,
    /// Next free row, while this one is free.
    pub next_free: Cell<u32>,
    /// Milliseconds since 1970 of the accept.
    pub epoch_ms: Cell<f64>,
    /// Monotonic milliseconds of the accept.
    pub opened_at: Cell<f64>,

    /// Receive ring block, 0 without one.
    pub rx_block: Cell<u32>,
    /// Octets read from the kernel; runs freely.
    pub rx_written: Cell<u32>,
    /// Octets done with; runs freely.
    pub rx_consumed: Cell<u32>,
    /// Corruption score.
    pub score: Cell<u32>,
    /// Monotonic milliseconds of the last authenticated packet or datagram from upstream.
    pub valid_at: Cell<f64>,
    /// Monotonic milliseconds of the last read that brought octets, at first of the accept.
    pub read_at: Cell<f64>,
    /// Monotonic milliseconds of the read that brought the beginning of the incomplete frame in the
    /// receive ring; 0 without one.
    pub partial_at: Cell<f64>,
    /// Monotonic milliseconds of the first read since the connection last rested with an empty
    /// receive ring; 0 while it rests.
    pub held_at: Cell<f64>,
    /// The upstream socket takes no runs of datagrams.
    pub up_plain: Cell<u32>,
    /// Datagrams that the kernel says it has dropped from the upstream socket.
    pub up_lost: Cell<u32>,
    /// Port of `local_address`; 0 if unknown.
    pub local_port: Cell<u32>,
    /// Who has said what on the way to the daemon and back: `SAID_` bits.
    pub up_said: Cell<u32>,

    /// Monotonic milliseconds of the last trusted word (`sources::trust`); 0 before the first.
    pub trusted_at: Cell<f64>,
    /// SPIs of initiator and responder in the last trusted IKE message; 0 before the first.
    pub trusted_ike: [Cell<u64>; 2],
    /// SPI of the last ESP packet that the daemon has sent; 0 before the first.
    pub relayed_spi: Cell<u32>,
    /// Number of the peer whose packet was the last valid one; 0 before the first.
    pub last_peer: Cell<u32>,
    /// Next connection of the same source, and the one before; 0 is none. Under the table lock.
    pub source_next: Cell<u32>,
    /// See `source_next`.
    pub source_before: Cell<u32>,
    /// 1 if it counts for its source no more, because it gives way. Under the table lock.
    pub has_left: Cell<u8>,
    /// Rings that its source is charged for, a bit each (`sources::rings`).
    pub charged: Cell<u8>,
    /// 1 if the daemon has given the client an answer that only those who know a key get, or those
    /// who begin EAP (`sources::trust`).
    pub is_likely: Cell<u8>,
    /// 1 if its lane has to ask whether its peer is still there (`path::asking`). The lane takes it
    /// back.
    pub is_asked: Cell<u8>,
    /// Port of `up_address`; 0 without an upstream socket.
    pub up_port: Cell<u32>,
    /// The address from which the daemon hears of the connection, of the daemon's family. The lane
    /// writes it and the port when it opens the upstream socket.
    pub up_address: [Cell<u8>; 16],

    /// The transmit lock.
    pub tx_lock: AtomicU32,
    /// ESP that waits.
    pub tx: FrameCursors,
    /// IKE that waits.
    pub ike: FrameCursors,
    /// Kind of the frame that has left in part: a `BEGUN_` constant of `stream::transmit`.
    pub begun: Cell<u32>,
    /// Octets of it that have left.
    pub begun_octets: Cell<u32>,
    /// 1 while the owner is about to put an IKE message into the reserve.
    pub ike_reserved: Cell<u32>,
    /// Octets queued, both rings.
    pub tx_queued: AtomicU32,
    /// 1 while the owner does not read upstream because the reserve is full.
    pub ike_waits: AtomicU32,
    /// Monotonic milliseconds since when the first frame of the queue has not left whole; 0 if none
    /// waits.
    pub tx_partial_at: AtomicU64,
    /// The queue as a whole.
    pub queue: Queue,

    /// The address that the peer has connected to, of the same family. The owner lane writes it
    /// once, so it may share the last line of the transmit side.
    pub local_address: [Cell<u8>; 16],
    /// SPI of the initiator of the last IKE_SA_INIT that came (`connection::ike_sas`). The owner
    /// lane writes it as rarely.
    pub ike_spi: Cell<u64>,

    /// Frames from TCP; owner lane.
    pub inbound: ByKind,
    /// Frames to TCP; under the transmit lock.
    pub outbound: ByKind,
}
