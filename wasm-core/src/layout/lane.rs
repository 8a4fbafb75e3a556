//! A lane's block: the tables of its system calls, its batch in hand, its counters and its two
//! small rings.
//!
//! Only the lane writes here, with four exceptions, each on a cache line of its own: `attention`,
//! the consumer's cursor of `events`, the producer's cursor of `commands`, and `orders`.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, AtomicU64};

use super::record::record;
use super::sa_row::SaSpec;
use super::system::{Control, Iovec, Mmsghdr, Msghdr};
use super::{
    BATCH_MAX, BUCKETS, COMMAND_COUNT, CONTROL_LEN, EPOLL_MAX, EVENT_COUNT, STATUS_MAX, TX_IOV_MAX,
    UP_READ_MAX, WAITING_LEN, WAITING_MAX,
};

/// A word on a cache line of its own.
#[repr(C, align(64))]
pub struct Line {
    /// The word.
    pub word: AtomicU32,
}

/// Counts per bucket, and the sum of the observed values.
#[repr(C)]
pub struct Histogram {
    /// Not cumulative; the last bucket has no bound.
    pub counts: [AtomicU64; BUCKETS + 1],
    /// An f64's bits.
    pub sum: AtomicU64,
}

record! {
    /// One notice to the shell.
    #[repr(C, align(64))]
    pub struct Event {
        /// `EVENT_` kind.
        pub kind: Cell<u32>,
        /// A status number, 0 if none applies.
        pub status: Cell<u32>,
        /// Row of the connection, 0 if none applies.
        pub conn: Cell<u32>,
        /// SPI, 0 if none applies.
        pub spi: Cell<u32>,
        /// Of the kind's own meaning.
        pub value: Cell<f64>,
        /// Monotonic milliseconds, as the lane last heard them.
        pub at: Cell<f64>,
        /// Events of this kind and status not told since the one before.
        pub suppressed: Cell<u32>,
        /// `AF_INET` or `AF_INET6`, 0 without a connection.
        pub family: Cell<u32>,
        /// Port of the peer.
        pub port: Cell<u32>,
        /// Generation of the row.
        pub generation: Cell<u32>,
        /// Address of the peer, 4 or 16 octets.
        pub address: [Cell<u8>; 16],
        /// The address that it has connected to, of the same family.
        pub local_address: [Cell<u8>; 16],
        /// Its port; 0 if unknown.
        pub local_port: Cell<u32>,
        /// `MEASURE_` constant of an SA's limit, 0 if it is about none.
        pub measure: Cell<u32>,
        /// Number of the SA, 0 if it is about none that is here.
        pub sa: Cell<f64>,
        /// 1 if it is about a connection that has proved a key, or about none.
        pub is_trusted: Cell<u32>,
    }
}

/// One order from the shell; the core does not read it.
#[repr(C)]
pub struct Command {
    /// Kind, then arguments.
    pub words: [Cell<u32>; 8],
}

record! {
    /// One AEAD job, read by whichever engine runs the batch.
    #[repr(C, align(64))]
    pub struct Job {
        /// Offset of the key's context.
        pub context: Cell<u32>,
        /// Offset of ciphertext: opened in place, or where it is sealed to.
        pub data: Cell<u32>,
        /// Octets of it.
        pub data_len: Cell<u32>,
        /// Offset of the plaintext to be sealed.
        pub source: Cell<u32>,
        /// Offset of the ICV.
        pub tag: Cell<u32>,
        /// Octets of `aad` that count: 8, or 12.
        pub aad_len: Cell<u32>,
        /// Result of an open: 1 if authentic.
        pub ok: Cell<u32>,
        /// The SA's id.
        pub sa: Cell<u32>,
        /// Salt, then IV.
        pub nonce: [Cell<u8>; 12],
        /// SPI and sequence number.
        pub aad: [Cell<u8>; 12],
        /// Full sequence number.
        pub sequence: Cell<u64>,
    }
}

/// An inner packet that wants to leave, or has come.
#[repr(C)]
pub struct Entry {
    /// Offset of the inner packet.
    pub at: Cell<u32>,
    /// Octets of it; 0 once the entry is done.
    pub len: Cell<u32>,
    /// The SA it leaves by.
    pub sa: Cell<u32>,
    /// 4, 41, or 59 for a dummy, whose SA is given.
    pub next_header: Cell<u32>,
    /// The path on which it leaves, packed.
    pub path: Cell<u64>,
    /// Octets of payload in each of its segments; 0 for a plain packet.
    pub segment_size: Cell<u32>,
    /// Segments before this one are done.
    pub next_segment: Cell<u32>,
}

/// One call that gives inner packets to the device.
#[repr(C)]
pub struct Write {
    /// Index of its first part in `inner_iov`.
    pub iov: Cell<u32>,
    /// Packets in it, and parts: each packet is one.
    pub packets: Cell<u32>,
}

/// A packet of a promised SPI that waits for its SA.
#[repr(C)]
pub struct Waiting {
    /// Offset of its octets, from the SPI on.
    pub at: Cell<u32>,
    /// Octets of it; 0 if the place is free.
    pub len: Cell<u32>,
    /// Row of the connection that has brought it.
    pub conn: Cell<u32>,
    /// Generation of the row.
    pub generation: Cell<u32>,
    /// Monotonic milliseconds; it waits no longer.
    pub until: Cell<f64>,
}

/// The batch in hand. It has no meaning outside the core.
#[repr(C, align(64))]
pub struct Batch {
    /// `BATCH_` kind of the last `inbound`.
    pub kind: Cell<u32>,
    /// Jobs in `jobs`.
    pub jobs: Cell<u32>,
    /// Messages in `up_iov`.
    pub messages: Cell<u32>,
    /// Calls that send them, in `up_mmsg`.
    pub sends: Cell<u32>,
    /// The message with which call i begins.
    pub send_first: [Cell<u32>; BATCH_MAX],
    /// Connection whose receive ring the batch lies in.
    pub rx_conn: Cell<u32>,
    /// `rx_consumed` once the whole batch is done with.
    pub rx_end: Cell<u32>,
    /// `rx_consumed` at which message i begins.
    pub message_at: [Cell<u32>; BATCH_MAX],
    /// Bit i: message i is IKE.
    pub ike_messages: Cell<u64>,
    /// Entries in `entries_table`.
    pub entries: Cell<u32>,
    /// Entries before this one are done.
    pub next_entry: Cell<u32>,
    /// Version of the SAD for which the entries' SAs are right.
    pub sad_version: Cell<u32>,
    /// The lane holds the SAD's read lock.
    pub holds_sad: Cell<u32>,
    /// Connection whose transmit side is being filled.
    pub tx_conn: Cell<u32>,
    /// Inner packets of the last `inbound_finish`.
    pub inner_count: Cell<u32>,
    /// Monotonic milliseconds, as last heard.
    pub now: Cell<f64>,
    /// Inner packets of the last `inbound_finish`.
    pub inner: [Entry; BATCH_MAX],
    /// Packets that want to leave.
    pub entries_table: [Entry; BATCH_MAX],
    /// When an event of each status that peers cause was last told: of those that have not proved a
    /// key, and of those that have.
    pub told_at: [[Cell<f64>; STATUS_MAX]; 2],
    /// How many were not told since.
    pub told_suppressed: [[Cell<u32>; STATUS_MAX]; 2],
}

/// One lane's block, up to its slots.
#[repr(C, align(4096))]
pub struct LaneBlock {
    /// A connection that another lane asks this one to look after.
    pub attention: Line,
    /// Events appended; runs freely.
    pub events_written: Line,
    /// Events read by the shell; runs freely.
    pub events_consumed: Line,
    /// Commands appended by the shell; runs freely.
    pub commands_written: Line,
    /// Commands read; runs freely.
    pub commands_consumed: Line,
    /// `ORDER_` bits that the shell has set: orders that a full command ring must not hold back.
    pub orders: Line,

    /// Milliseconds awake, an f64's bits.
    pub busy_ms: AtomicU64,
    /// Events that did not fit.
    pub events_lost: AtomicU64,
    /// By status number.
    pub counters: [AtomicU64; STATUS_MAX],
    /// Frames by direction and kind.
    pub frames: [[AtomicU64; 4]; 2],
    /// Octets without Length fields, by direction and kind.
    pub octets: [[AtomicU64; 4]; 2],
    /// ESP packets opened and sealed here.
    pub esp_packets: [AtomicU64; 2],
    /// Packets whose senders were told of a standing queue by a mark.
    pub ecn_marks: AtomicU64,
    /// Seconds from a message's last octet read to its last octet handed over.
    pub ike_delay: Histogram,
    /// Octets left in the queue when a connection's transmit lock is released.
    pub queue: Histogram,

    /// `OFFLOAD_` bits of the inner side's device.
    pub offload: Cell<u32>,
    /// The lane's eventfd.
    pub eventfd: Cell<i32>,
    /// IKE messages among those in `up_mmsg`.
    pub up_ike: Cell<u32>,
    /// Packets of the last `inbound_finish` that were authentic and not replayed.
    pub fresh: Cell<u32>,
    /// What the last `inbound` counted: jobs, sends or frames.
    pub batch_count: Cell<u32>,
    /// The status for which the last `inbound` wants the connection closed, else 0.
    pub batch_status: Cell<u32>,

    /// For `accept4`.
    pub sockaddr: [Cell<u8>; 128],
    /// For `epoll_wait`; 12 octets each on x86-64, 16 elsewhere.
    pub epoll: [[Cell<u8>; 16]; EPOLL_MAX],
    /// For options, addresses, eventfds.
    pub scratch: [Cell<u8>; 4096],
    /// Free space of the rx ring.
    pub recv_iov: [Iovec; 2],
    /// The message to a TCP connection.
    pub tx_msg: Msghdr,
    /// Octets that it has.
    pub tx_planned: Cell<u32>,
    _tx_planned_pad: u32,
    /// Its parts.
    pub tx_iov: [Iovec; TX_IOV_MAX],
    /// The messages upstream: each a datagram, or a run of them.
    pub up_mmsg: [Mmsghdr; BATCH_MAX],
    /// Absolute address of `up_iov`.
    pub up_iov_at: Cell<u64>,
    /// A part for each datagram.
    pub up_iov: [Iovec; BATCH_MAX],
    /// How a run is cut.
    pub up_control: [Control; BATCH_MAX],
    /// For datagrams from upstream, or runs of them; they go into the slots.
    pub up_read: [Mmsghdr; UP_READ_MAX],
    /// One part each.
    pub up_read_iov: [Iovec; UP_READ_MAX],
    /// Their control messages.
    pub up_read_control: [[Cell<u8>; CONTROL_LEN]; UP_READ_MAX],
    /// Inner packets for the inner side's device.
    pub inner_iov: [Iovec; BATCH_MAX],
    /// The calls that give them to it.
    pub writes: [Write; BATCH_MAX],
    /// The slots, as far as one `read` may fill them.
    pub slot_iov: [Iovec; BATCH_MAX],
    /// Octets in each slot.
    pub slot_len: [Cell<u32>; BATCH_MAX],
    /// AEAD jobs.
    pub jobs: [Job; BATCH_MAX],
    /// The batch in hand.
    pub batch: Batch,
    /// The place in `waiting` for which the next packet looks first: behind the newest one.
    pub waiting_next: Cell<u32>,
    _waiting_pad: u32,
    /// Packets that wait for their SAs.
    pub waiting: [Waiting; WAITING_MAX],
    /// Their octets.
    pub waiting_octets: [[Cell<u8>; WAITING_LEN]; WAITING_MAX],
    /// The SA to be installed.
    pub sa_spec: SaSpec,
    /// Event ring.
    pub events: [Event; EVENT_COUNT],
    /// Command ring.
    pub commands: [Command; COMMAND_COUNT],
}
