//! The names under which TypeScript knows offsets and numbers, for the generator of
//! `ts-bindings/layout.ts`.

use crate::aead::CONTEXT_LEN;
use crate::layout::connection_row::{ByKind, FrameCursors, Row};
use crate::layout::lane::{Event, Histogram, Job, LaneBlock, Write};
use crate::layout::record::Member;
use crate::layout::sa_row::{SaLive, SaRow, SaSpec, Selector, SpecSelector};
use crate::layout::*;
use core::mem::offset_of;

/// A name and its number.
pub type Name = (&'static str, i64);

/// Names of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// What they name, as a sentence.
    pub title: &'static str,
    /// The names.
    pub names: Names,
}

/// Where the names of a table come from.
#[derive(Clone, Copy, Debug)]
pub enum Names {
    /// A list of them.
    Listed(&'static [Name]),
    /// A record, whose members have this in front of their names.
    Members(&'static str, &'static [Member]),
}

impl Table {
    /// All names, with their numbers.
    pub fn rows(&self) -> Vec<(String, i64)> {
        match self.names {
            Names::Listed(names) => names
                .iter()
                .map(|&(name, n)| (name.to_owned(), n))
                .collect(),
            Names::Members(prefix, members) => members
                .iter()
                .filter(|member| !member.field.starts_with('_'))
                .map(|member| (constant_of(prefix, member), member.at as i64))
                .collect(),
        }
    }
}

/// The name of a member's offset: `SPEC` and `key_len` make `SPEC_KEY_LEN`.
pub fn constant_of(prefix: &str, member: &Member) -> String {
    format!("{prefix}_{}", member.field.to_uppercase())
}

macro_rules! names {
    ($($name:ident = $value:expr),* $(,)?) => { &[$((stringify!($name), $value as i64)),*] };
}

macro_rules! offsets {
    ($of:ty: $($name:ident = $($field:ident).+),* $(,)?) => {
        &[$((stringify!($name), offset_of!($of, $($field).+) as i64)),*]
    };
}

/// All names that TypeScript knows.
pub const TABLES: &[Table] = &[
    listed("Sizes and limits, octets or counts.", SIZES),
    listed("Values in tables.", VALUES),
    listed("Offsets in a lane's block.", LANE),
    listed("Where the slots begin in it.", LANE_SLOTS),
    listed("Offsets in a connection's row.", ROW),
    listed(
        "Offsets in ROW_INBOUND and ROW_OUTBOUND: u64 by kind.",
        BY_KIND,
    ),
    listed("Offsets in an SA's row.", SA),
    members("Offsets in LANE_SA_SPEC.", "SPEC", SaSpec::MEMBERS),
    members(
        "Offsets in one prefix of it.",
        "SPEC_SELECTOR",
        SpecSelector::MEMBERS,
    ),
    members("Offsets in a job.", "JOB", Job::MEMBERS),
    members("Offsets in an event.", "EVENT", Event::MEMBERS),
];

const fn listed(title: &'static str, names: &'static [Name]) -> Table {
    Table {
        title,
        names: Names::Listed(names),
    }
}

const fn members(title: &'static str, prefix: &'static str, members: &'static [Member]) -> Table {
    Table {
        title,
        names: Names::Members(prefix, members),
    }
}

/// Sizes and limits.
const SIZES: &[Name] = names! {
    ABI = ABI, ENGINE_ABI = ENGINE_ABI, BATCH_MAX = BATCH_MAX, SCAN_MAX = SCAN_MAX,
    EPOLL_MAX = EPOLL_MAX, TX_IOV_MAX = TX_IOV_MAX,
    UP_READ_MAX = UP_READ_MAX, LANES_MAX = LANES_MAX, SAS_MAX = SAS_MAX,
    CONNECTIONS_MAX = CONNECTIONS_MAX,
    INNER_MTU_MAX = INNER_MTU_MAX, IKE_MESSAGE_MAX = IKE_MESSAGE_MAX, SELECTOR_MAX = SELECTOR_MAX,
    WINDOW_MIN = WINDOW_MIN, WINDOW_MAX = WINDOW_MAX,
    RING_LEN = RING_LEN, RING_BLOCK_LEN = RING_BLOCK_LEN, TX_QUEUE_MAX = TX_QUEUE_MAX,
    LOWAT_START = LOWAT_START, LOWAT_MAX = LOWAT_MAX,
    ROW_LEN = size_of::<Row>(), SA_LEN = size_of::<SaRow>(), CONTEXT_LEN = CONTEXT_LEN,
    WRITE_LEN = size_of::<Write>(), JOB_LEN = size_of::<Job>(), EVENT_LEN = size_of::<Event>(),
    EVENT_COUNT = EVENT_COUNT,
    COMMAND_LEN = 32, COMMAND_COUNT = COMMAND_COUNT, SPEC_LEN = size_of::<SaSpec>(),
    SPEC_SELECTOR_LEN = size_of::<SpecSelector>(),
    HISTOGRAM_SUM = offset_of!(Histogram, sum),
};

/// Values in tables.
const VALUES: &[Name] = names! {
    CONN_CLOSED = CONN_CLOSED, CONN_ACCEPTED = CONN_ACCEPTED, CONN_PREFIXED = CONN_PREFIXED,
    CONN_ENABLED = CONN_ENABLED, CONN_DRAINING = CONN_DRAINING,
    NO_RING = NO_RING,
    BATCH_NONE = BATCH_NONE, BATCH_SKIPPED = BATCH_SKIPPED, BATCH_ESP = BATCH_ESP,
    BATCH_UPSTREAM = BATCH_UPSTREAM,
    BATCH_CLOSE = BATCH_CLOSE, BATCH_HAND_OVER = BATCH_HAND_OVER,
    SAID_CLIENT = SAID_CLIENT, SAID_DAEMON_IKE = SAID_DAEMON_IKE,
    SAID_DAEMON_ESP = SAID_DAEMON_ESP,
    IKE_DROP = IKE_DROP, IKE_RELAY = IKE_RELAY, IKE_HAND_OVER = IKE_HAND_OVER,
    UNKNOWN_SPI_DROP = UNKNOWN_SPI_DROP, UNKNOWN_SPI_RELAY = UNKNOWN_SPI_RELAY,
    PATH_TCP = PATH_TCP, PATH_KIND_SHIFT = PATH_KIND_SHIFT, PATH_ROW_MASK = PATH_ROW_MASK,
    OFFLOAD_NONE = OFFLOAD_NONE, OFFLOAD_HEADER = OFFLOAD_HEADER,
    OFFLOAD_TCP = OFFLOAD_TCP, OFFLOAD_UDP = OFFLOAD_UDP,
    INBOUND = INBOUND, OUTBOUND = OUTBOUND,
    SA_INBOUND = SA_INBOUND, SA_OUTBOUND = SA_OUTBOUND,
    SA_ACTIVE = SA_ACTIVE, SA_SOFT = SA_SOFT, SA_EXPIRED = SA_EXPIRED,
    MEASURE_PACKETS = MEASURE_PACKETS, MEASURE_OCTETS = MEASURE_OCTETS,
    MEASURE_SECONDS = MEASURE_SECONDS, MEASURE_SEQUENCE = MEASURE_SEQUENCE,
    EVENT_OPENED = EVENT_OPENED, EVENT_CLOSED = EVENT_CLOSED, EVENT_PATH_MOVED = EVENT_PATH_MOVED,
    EVENT_SOFT_LIMIT = EVENT_SOFT_LIMIT, EVENT_SA_EXPIRED = EVENT_SA_EXPIRED,
    EVENT_AUDIT = EVENT_AUDIT, EVENT_IKE_DROPPED = EVENT_IKE_DROPPED,
    EVENT_IKE_SHARED = EVENT_IKE_SHARED, EVENT_SA_FIRST = EVENT_SA_FIRST,
    FAMILY_V4 = FAMILY_V4, FAMILY_V6 = FAMILY_V6,
};

/// Offsets in a lane's block.
const LANE: &[Name] = offsets! { LaneBlock:
    LANE_ATTENTION = attention,
    LANE_EVENTS_WRITTEN = events_written, LANE_EVENTS_CONSUMED = events_consumed,
    LANE_COMMANDS_WRITTEN = commands_written, LANE_COMMANDS_CONSUMED = commands_consumed,
    LANE_ORDERS = orders,
    LANE_BUSY_MS = busy_ms, LANE_EVENTS_LOST = events_lost, LANE_COUNTERS = counters,
    LANE_FRAMES = frames, LANE_OCTETS = octets, LANE_ESP_PACKETS = esp_packets,
    LANE_ECN_MARKS = ecn_marks,
    LANE_IKE_DELAY = ike_delay, LANE_QUEUE = queue,
    LANE_UP_IKE = up_ike,
    LANE_FRESH = fresh, LANE_BATCH_COUNT = batch_count, LANE_BATCH_STATUS = batch_status,
    LANE_SOCKADDR = sockaddr, LANE_EPOLL = epoll, LANE_SCRATCH = scratch,
    LANE_RECV_IOV = recv_iov, LANE_TX_MSG = tx_msg, LANE_TX_IOV = tx_iov,
    LANE_UP_MMSG = up_mmsg, LANE_UP_IOV = up_iov, LANE_UP_READ = up_read,
    LANE_INNER_IOV = inner_iov, LANE_WRITES = writes, LANE_SLOT_IOV = slot_iov,
    LANE_SLOT_LEN = slot_len,
    LANE_JOBS = jobs, LANE_JOB_COUNT = batch.jobs, LANE_SA_SPEC = sa_spec,
    LANE_EVENTS = events, LANE_COMMANDS = commands,
};

/// Where the slots begin in a lane's block.
const LANE_SLOTS: &[Name] = names! { LANE_SLOTS = size_of::<LaneBlock>() };

/// Offsets in a connection's row.
const ROW: &[Name] = offsets! { Row:
    ROW_STATE = state, ROW_LANE = lane, ROW_FD = fd, ROW_EPFD = epfd, ROW_GENERATION = generation,
    ROW_FAMILY = family, ROW_ADDRESS = address, ROW_PORT = port, ROW_EPOCH_MS = epoch_ms,
    ROW_OPENED_AT = opened_at, ROW_LOCAL_ADDRESS = local_address, ROW_LOCAL_PORT = local_port,
    ROW_SCORE = score, ROW_VALID_AT = valid_at, ROW_READ_AT = read_at,
    ROW_PARTIAL_AT = partial_at, ROW_HELD_AT = held_at, ROW_UP_PLAIN = up_plain,
    ROW_UP_SAID = up_said,
    ROW_UP_ADDRESS = up_address, ROW_UP_PORT = up_port,
    ROW_TX_QUEUED = tx_queued, ROW_IKE_WAITS = ike_waits, ROW_TX_PARTIAL_AT = tx_partial_at,
    ROW_LOWAT = queue.lowat, ROW_LOWAT_SET = queue.lowat_set,
    ROW_SEGMENT = queue.segment,
    ROW_TRUSTED_AT = trusted_at, ROW_HAS_LEFT = has_left,
    ROW_IS_LIKELY = is_likely, ROW_IS_ASKED = is_asked,
    ROW_INBOUND = inbound, ROW_OUTBOUND = outbound,
};

/// Offsets in `ROW_INBOUND` and `ROW_OUTBOUND`.
const BY_KIND: &[Name] = offsets! { ByKind: BY_KIND_FRAMES = frames, BY_KIND_OCTETS = octets };

/// Offsets in an SA's row.
const SA: &[Name] = offsets! { SaRow:
    SA_SPI = spi, SA_NUMBER = number, SA_DIRECTION = direction, SA_PEER = peer, SA_ESN = esn,
    SA_WINDOW_LEN = window_len, SA_IS_STANDBY = is_standby,
    SA_INITIAL_SEQUENCE = initial_sequence,
    SA_INSTALLED_AT = installed_at,
    SA_STATE = live.state, SA_SEQUENCE = live.sequence, SA_PACKETS = live.packets,
    SA_OCTETS = live.octets, SA_VALID_AT = live.valid_at, SA_UNTOLD = live.untold, SA_CONTEXT = context,
};

const _: () = {
    assert!(size_of::<Job>() == 64 + 64 || size_of::<Job>() == 64);
    assert!(size_of::<Event>() == 128);
    assert!(size_of::<SaLive>() == 64 + WINDOW_WORDS * 8);
    assert!(size_of::<FrameCursors>() == 20);
    assert!(size_of::<Selector>() == 24 && size_of::<SpecSelector>() == 24);
};
