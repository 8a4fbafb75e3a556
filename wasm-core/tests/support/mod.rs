//! The core as TypeScript sees it: exports and offsets, with simulated system calls. Each test
//! binary uses a part of it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod device;
pub mod esp;
pub mod flow;
pub mod inbound_model;
pub mod kernel;
pub mod outbound;
pub mod packet;
pub mod vectors;

use std::sync::Arc;

use culvert_core::border as core;
use culvert_core::border::names;
use culvert_core::layout::plan::Limits;
use culvert_core::layout::*;
use culvert_core::memory::{Memory, attach};
use culvert_core::report::status::Status;
use proptest::prelude::ProptestConfig;

/// One gateway's memory, attached to the threads that use it.
#[derive(Clone)]
pub struct Gate {
    pub memory: Arc<Memory>,
    pub limits: Limits,
}

/// The result of one connection's unread octets.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub inner: Vec<Vec<u8>>,
    /// What the device would get in place of each of `inner` that it refuses.
    pub singly: Vec<(u32, Vec<Vec<u8>>)>,
    pub upstream: Vec<Vec<u8>>,
    pub fresh: u32,
    pub close: Option<u32>,
}

pub const LIMITS: Limits = Limits {
    lanes: 2,
    connections: 16,
    sas: 32,
    rings: 24,
    inner_mtu: 1400,
};

/// The least that one connection needs: a fuzzer makes thousands of these a second.
pub const SMALL: Limits = Limits {
    lanes: 1,
    connections: 2,
    sas: 4,
    rings: 3,
    inner_mtu: 1400,
};

/// `n` cases of a property, or as many as `deno task test:fuzz` asks for.
pub fn cases(n: u32) -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(n),
    }
}

/// Points of the score that close a connection in tests.
pub const SUSPECT_LIMIT: u32 = 8;

/// Offset by its name in `layout.ts`.
pub fn at(name: &str) -> u64 {
    let mut all = names::TABLES.iter().flat_map(|table| table.rows());
    all.find(|(known, _)| known == name)
        .unwrap_or_else(|| panic!("no name {name}"))
        .1
        .cast_unsigned()
}

/// Where IKE, and ESP of unknown SPIs, end in a gateway.
#[derive(Clone, Copy)]
pub struct Ends {
    pub ike: u32,
    pub unknown_spi: u32,
}

/// All of it is dropped.
pub const DROP: Ends = Ends {
    ike: IKE_DROP,
    unknown_spi: UNKNOWN_SPI_DROP,
};

/// All of it is passed to a daemon.
pub const RELAY: Ends = Ends {
    ike: IKE_RELAY,
    unknown_spi: UNKNOWN_SPI_RELAY,
};

impl Gate {
    pub fn new() -> Self {
        Self::with(LIMITS, 0)
    }

    pub fn with(limits: Limits, max_per_source: u32) -> Self {
        Self::start(limits, max_per_source, DROP)
    }

    /// A gateway of the usual limits, with these ends.
    pub fn ending(ends: Ends) -> Self {
        Self::start(LIMITS, 0, ends)
    }

    pub fn start(limits: Limits, max_per_source: u32, ends: Ends) -> Self {
        let gate = Self {
            memory: Memory::new(&limits),
            limits,
        };
        gate.attach();
        let Limits {
            lanes,
            connections,
            sas,
            rings,
            inner_mtu,
        } = limits;
        let is_up = core::core_init(
            lanes,
            connections,
            sas,
            rings,
            inner_mtu,
            0,
            0,
            max_per_source,
            SUSPECT_LIMIT,
            ends.ike,
            ends.unknown_spi,
        );
        assert_eq!(is_up, 1);
        gate
    }

    /// Makes this gateway the one that the thread's calls work on.
    pub fn attach(&self) {
        attach(&self.memory);
    }

    pub fn lane(&self, lane: u32, name: &str) -> u64 {
        u64::from(core::lane_block(lane)) + at(name)
    }

    pub fn row(&self, conn: u32, name: &str) -> u64 {
        u64::from(core::conn_row(conn)) + at(name)
    }

    /// Makes a connection the path of a peer, as the shell does it.
    pub fn use_path(&self, peer: u32, conn: u32) -> bool {
        let generation = self.u32(self.row(conn, "ROW_GENERATION"));
        core::peer_use(peer, conn, generation) == 1
    }

    /// Row of the SA with this SPI, 0 if there is none. No test here has two of one SPI at a time.
    pub fn sa_of(&self, spi: u32) -> u32 {
        let rows = 1..=self.limits.sas;
        rows.into_iter()
            .find(|&row| spi != 0 && self.u32(self.sa(row, "SA_SPI")) == spi)
            .unwrap_or(0)
    }

    pub fn sa(&self, id: u32, name: &str) -> u64 {
        u64::from(core::sa_row(id)) + at(name)
    }

    pub fn u32(&self, at: u64) -> u32 {
        u32::from_le_bytes(self.memory.read(at, 4).try_into().unwrap())
    }

    pub fn u64(&self, at: u64) -> u64 {
        u64::from_le_bytes(self.memory.read(at, 8).try_into().unwrap())
    }

    pub fn f64(&self, at: u64) -> f64 {
        f64::from_bits(self.u64(at))
    }

    pub fn put(&self, at: u64, octets: &[u8]) {
        self.memory.write(at, octets);
    }

    pub fn set_u32(&self, at: u64, value: u32) {
        self.memory.write(at, &value.to_le_bytes());
    }

    pub fn counter(&self, lane: u32, status: Status) -> u64 {
        self.u64(self.lane(lane, "LANE_COUNTERS") + 8 * status as u64)
    }

    /// Every counter of a lane that is not 0.
    pub fn counters(&self, lane: u32) -> Vec<(Status, u64)> {
        let all = Status::ALL
            .iter()
            .map(|row| (row.status, self.counter(lane, row.status)));
        all.filter(|&(_, n)| n > 0).collect()
    }

    pub fn frames(&self, lane: u32, direction: usize, kind: usize) -> u64 {
        self.u64(self.lane(lane, "LANE_FRAMES") + 8 * (direction * 4 + kind) as u64)
    }

    pub fn octets(&self, lane: u32, direction: usize, kind: usize) -> u64 {
        self.u64(self.lane(lane, "LANE_OCTETS") + 8 * (direction * 4 + kind) as u64)
    }

    pub fn score(&self, conn: u32) -> u32 {
        self.u32(self.row(conn, "ROW_SCORE"))
    }

    /// The ring blocks that a row holds. A test counts free blocks by borrowing them all.
    pub fn try_open(&self, lane: u32, fd: i32, address: [u8; 4]) -> i32 {
        self.set_sockaddr(lane, address);
        core::conn_open(lane, fd, 99, 1.0, 1e12)
    }

    /// The octets that `accept4` would write.
    pub fn set_sockaddr(&self, lane: u32, address: [u8; 4]) {
        let mut sockaddr = [0; 16];
        sockaddr[0] = FAMILY_V4 as u8;
        sockaddr[2..4].copy_from_slice(&4501_u16.to_be_bytes());
        sockaddr[4..8].copy_from_slice(&address);
        self.memory
            .write(self.lane(lane, "LANE_SOCKADDR"), &sockaddr);
    }

    /// The client has said something that the daemon could answer.
    pub fn set_client_spoken(&self, conn: u32) {
        self.set_u32(self.row(conn, "ROW_UP_SAID"), SAID_CLIENT);
    }

    pub fn try_open_v6(&self, lane: u32, fd: i32, address: [u8; 16]) -> i32 {
        self.set_sockaddr_v6(lane, 4501, address);
        core::conn_open(lane, fd, 99, 1.0, 1e12)
    }

    /// The octets that `accept4` or `getsockname` would write.
    pub fn set_sockaddr_v6(&self, lane: u32, port: u16, address: [u8; 16]) {
        let mut sockaddr = [0; 28];
        sockaddr[0] = FAMILY_V6 as u8;
        sockaddr[2..4].copy_from_slice(&port.to_be_bytes());
        sockaddr[8..24].copy_from_slice(&address);
        self.memory
            .write(self.lane(lane, "LANE_SOCKADDR"), &sockaddr);
    }

    /// A connection in use, whose peer has proved a key.
    pub fn open(&self, lane: u32, fd: i32) -> u32 {
        let conn = u32::try_from(self.try_open(lane, fd, [192, 0, 2, 1])).expect("a row");
        core::conn_state(lane, conn, CONN_ENABLED);
        core::conn_trust(lane, conn, 1.0);
        conn
    }

    pub fn close(&self, lane: u32, conn: u32) {
        assert_eq!(
            core::conn_close_begin(lane, conn, Status::PeerClosed as u32),
            1
        );
        core::conn_close_end(lane, conn);
    }

    /// `readv` of `octets` into the connection's ring; how many it took.
    pub fn feed_some(&self, lane: u32, conn: u32, octets: &[u8]) -> usize {
        self.feed_some_at(lane, conn, octets, 1.0)
    }

    /// The same at a moment.
    pub fn feed_some_at(&self, lane: u32, conn: u32, octets: &[u8], now: f64) -> usize {
        let parts = core::rx_prepare(lane, conn);
        let mut taken = 0;
        for part in 0..parts.max(0) as u64 {
            let iov = self.lane(lane, "LANE_RECV_IOV") + part * 16;
            let (base, len) = (self.u64(iov), self.u64(iov + 8));
            let n = (octets.len() - taken).min(len as usize);
            self.memory.write(base, &octets[taken..taken + n]);
            taken += n;
        }
        core::rx_commit(lane, conn, taken as u32, now);
        taken
    }

    pub fn feed(&self, lane: u32, conn: u32, octets: &[u8]) {
        assert_eq!(
            self.feed_some(lane, conn, octets),
            octets.len(),
            "room in the ring"
        );
    }

    /// Processes all whole frames that are there.
    pub fn serve(&self, lane: u32, conn: u32, now: f64) -> Outcome {
        let mut outcome = Outcome::default();
        loop {
            let kind = core::inbound(lane, conn, now);
            let count = self.u32(self.lane(lane, "LANE_BATCH_COUNT"));
            match kind {
                BATCH_NONE => break,
                BATCH_SKIPPED => {}
                BATCH_ESP => {
                    self.open_batch(lane, conn, now, &mut outcome);
                }
                BATCH_UPSTREAM => {
                    outcome
                        .upstream
                        .extend((0..count).flat_map(|i| self.run(lane, i)));
                    core::rx_release_all(lane, conn);
                }
                _ => {
                    outcome.close = Some(self.u32(self.lane(lane, "LANE_BATCH_STATUS")));
                    break;
                }
            }
        }
        core::rx_rest(lane, conn);
        outcome
    }

    /// The next batch's kind and count.
    pub fn inbound(&self, lane: u32, conn: u32) -> (u32, u32) {
        let kind = core::inbound(lane, conn, 1.0);
        (kind, self.u32(self.lane(lane, "LANE_BATCH_COUNT")))
    }

    /// Feeds and serves, as often as it takes.
    /// Takes in the packets that have waited for SAs that are there now.
    pub fn serve_waiting(&self, lane: u32, now: f64) -> Outcome {
        let mut outcome = Outcome::default();
        loop {
            let conn = core::inbound_waiting(lane, now);
            if conn == 0 {
                return outcome;
            }
            assert!(self.u32(self.lane(lane, "LANE_BATCH_COUNT")) > 0);
            self.open_batch(lane, conn, now, &mut outcome);
        }
    }

    /// Steps 6 to 9 for a batch of ESP.
    fn open_batch(&self, lane: u32, conn: u32, now: f64, outcome: &mut Outcome) {
        core::inbound_open(lane);
        let inner = core::inbound_finish(lane, conn, now);
        outcome.fresh += self.u32(self.lane(lane, "LANE_FRESH"));
        let writes = core::inner_plan(lane);
        outcome
            .inner
            .extend((0..writes).map(|i| self.write(lane, i)));
        assert!(writes <= inner);
        outcome
            .singly
            .extend((0..writes).map(|i| self.refused(lane, i)));
        core::rx_release_all(lane, conn);
    }

    pub fn receive(&self, lane: u32, conn: u32, octets: &[u8], now: f64) -> Outcome {
        self.feed(lane, conn, octets);
        self.serve(lane, conn, now)
    }

    /// The octets that call `i` gives to the inner side's device.
    pub fn write(&self, lane: u32, i: u32) -> Vec<u8> {
        let write = self.lane(lane, "LANE_WRITES") + at("WRITE_LEN") * u64::from(i);
        let (first, packets) = (self.u32(write), self.u32(write + 4));
        let parts = first..first + packets;
        parts
            .flat_map(|part| self.iov(self.lane(lane, "LANE_INNER_IOV") + 16 * u64::from(part)))
            .collect()
    }

    /// The calls in place of call `i` if the device refuses it, and the bit of the protocol.
    pub fn refused(&self, lane: u32, i: u32) -> (u32, Vec<Vec<u8>>) {
        let write = self.lane(lane, "LANE_WRITES") + at("WRITE_LEN") * u64::from(i);
        let (first, packets) = (self.u32(write), self.u32(write + 4));
        let bit = core::inner_split(lane, i);
        let iovecs = (first..first + packets)
            .map(|part| self.iov(self.lane(lane, "LANE_INNER_IOV") + 16 * u64::from(part)));
        (bit, iovecs.collect())
    }

    /// Upstream message `i`, read as `sendmmsg` does.
    pub fn message(&self, lane: u32, i: u32) -> Vec<u8> {
        let [message] = &self.run(lane, i)[..] else {
            panic!("a run");
        };
        message.clone()
    }

    /// The datagrams that the kernel makes of upstream send `i`.
    pub fn run(&self, lane: u32, i: u32) -> Vec<Vec<u8>> {
        let message = self.lane(lane, "LANE_UP_MMSG") + 64 * u64::from(i);
        let (iov, parts) = (self.u64(message + 16), self.u64(message + 24));
        let octets: Vec<u8> = (0..parts)
            .flat_map(|part| self.iov(iov + 16 * part))
            .collect();
        let control_len = self.u64(message + 40);
        if control_len == 0 {
            assert_eq!(parts, 1);
            return vec![octets];
        }
        let control = self.u64(message + 32);
        assert_eq!([self.u64(control), control_len], [18, 24]);
        assert_eq!(self.u64(control + 8), 103 << 32 | 17, "UDP_SEGMENT");
        let size = self.u64(control + 16) as usize;
        let run: Vec<_> = octets.chunks(size).map(<[u8]>::to_vec).collect();
        assert!(octets.len() <= 65_487 && run.len() as u64 == parts && parts <= 64);
        run
    }

    pub fn iov(&self, at: u64) -> Vec<u8> {
        self.memory.read(self.u64(at), self.u64(at + 8) as usize)
    }

    /// The octets that `sendmsg` would get for a planned message.
    pub fn planned(&self, lane: u32) -> Vec<u8> {
        let message = self.lane(lane, "LANE_TX_MSG");
        let (iov, count) = (self.u64(message + 16), self.u64(message + 24));
        (0..count).flat_map(|i| self.iov(iov + 16 * i)).collect()
    }

    /// Sends everything that is queued, with the lock held by the caller.
    pub fn send_all_locked(&self, lane: u32, conn: u32, now: f64) -> Vec<u8> {
        let mut wire = Vec::new();
        loop {
            let planned = core::tx_plan(lane, conn);
            if planned == 0 {
                return wire;
            }
            let octets = self.planned(lane);
            assert_eq!(octets.len(), planned as usize);
            wire.extend_from_slice(&octets);
            core::tx_sent(lane, conn, planned, now);
        }
    }

    pub fn send_all(&self, lane: u32, conn: u32, now: f64) -> Vec<u8> {
        assert_eq!(core::tx_lock(lane, conn), 1);
        let wire = self.send_all_locked(lane, conn, now);
        core::tx_unlock(lane, conn);
        wire
    }

    /// Seals and sends the lane's entries. Returns the octets that left on each connection, in
    /// order.
    pub fn transmit(&self, lane: u32, now: f64) -> Vec<(u32, Vec<u8>)> {
        let mut out = Vec::new();
        loop {
            let conn = core::outbound_next(lane, now);
            if conn == 0 {
                return out;
            }
            core::outbound_seal(lane);
            core::outbound_commit(lane);
            out.push((conn, self.send_all_locked(lane, conn, now)));
            core::tx_unlock(lane, conn);
        }
    }

    /// `read` of packets from the TUN into the slots.
    pub fn slots(&self, lane: u32, packets: &[Vec<u8>]) {
        for (i, packet) in packets.iter().enumerate() {
            let i = i as u64;
            let iov = self.lane(lane, "LANE_SLOT_IOV") + 16 * i;
            assert!(packet.len() as u64 <= self.u64(iov + 8), "fits a slot");
            self.memory.write(self.u64(iov), packet);
            self.set_u32(
                self.lane(lane, "LANE_SLOT_LEN") + 4 * i,
                packet.len() as u32,
            );
        }
        core::slots_in(lane, packets.len() as u32);
    }

    /// `recvmmsg` of one datagram from upstream, and its queueing. It assumes that there is room.
    pub fn datagram(&self, lane: u32, conn: u32, octets: &[u8], now: f64) -> u32 {
        self.read(lane, 0, octets, &[]);
        let outcome = core::upstream_in(lane, conn, 0, now);
        core::upstream_end(lane, conn);
        outcome
    }

    /// The kernel's result in read `i`.
    pub fn read(&self, lane: u32, i: u64, octets: &[u8], control: &[u8]) {
        let message = self.lane(lane, "LANE_UP_READ") + 64 * i;
        let iov = self.u64(message + 16);
        assert!(octets.len() as u64 <= self.u64(iov + 8), "fits");
        self.memory.write(self.u64(iov), octets);
        self.memory.write(self.u64(message + 32), control);
        self.memory
            .write(message + 40, &(control.len() as u64).to_le_bytes());
        self.memory
            .write(message + 56, &(octets.len() as u64).to_le_bytes());
    }

    /// Events that the shell has not read: kind, status, connection, SPI, value.
    pub fn events(&self, lane: u32) -> Vec<(u32, u32, u32, u32, f64)> {
        let written = self.u32(self.lane(lane, "LANE_EVENTS_WRITTEN"));
        let consumed = self.u32(self.lane(lane, "LANE_EVENTS_CONSUMED"));
        self.set_u32(self.lane(lane, "LANE_EVENTS_CONSUMED"), written);
        let event_len = at("EVENT_LEN");
        let record = |n: u32| {
            let at = self.lane(lane, "LANE_EVENTS") + u64::from(n % EVENT_COUNT as u32) * event_len;
            let word = |i: u64| self.u32(at + 4 * i);
            (word(0), word(1), word(2), word(3), self.f64(at + 16))
        };
        (consumed..written).map(record).collect()
    }

    /// Measures of the events of a kind, which are taken out.
    pub fn measures_of(&self, lane: u32, kind: u32) -> Vec<u32> {
        let written = self.u32(self.lane(lane, "LANE_EVENTS_WRITTEN"));
        let consumed = self.u32(self.lane(lane, "LANE_EVENTS_CONSUMED"));
        let measures: Vec<u32> = (consumed..written)
            .map(|n| {
                let n = u64::from(n % EVENT_COUNT as u32);
                let at_event = self.lane(lane, "LANE_EVENTS") + at("EVENT_LEN") * n;
                self.u32(at_event + at("EVENT_MEASURE"))
            })
            .collect();
        let kinds = self.events(lane).into_iter().map(|event| event.0);
        kinds
            .zip(measures)
            .filter_map(|(k, measure)| (k == kind).then_some(measure))
            .collect()
    }

    /// How many were held back before each of these events. They stay unread.
    pub fn suppressed(&self, lane: u32) -> Vec<u32> {
        let written = self.u32(self.lane(lane, "LANE_EVENTS_WRITTEN"));
        let consumed = self.u32(self.lane(lane, "LANE_EVENTS_CONSUMED"));
        let record = |n: u32| {
            let n = u64::from(n % EVENT_COUNT as u32);
            let at_event = self.lane(lane, "LANE_EVENTS") + at("EVENT_LEN") * n;
            self.u32(at_event + at("EVENT_SUPPRESSED"))
        };
        (consumed..written).map(record).collect()
    }

    /// Events of one kind.
    pub fn events_of(&self, lane: u32, kind: u32) -> Vec<(u32, u32, u32, u32, f64)> {
        self.events(lane)
            .into_iter()
            .filter(|event| event.0 == kind)
            .collect()
    }
}

/// Length field and payload.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len() + 2).expect("fits a frame");
    [&len.to_be_bytes(), payload].concat()
}

/// Whole frames of a stream; panics if something is left over.
pub fn frames(mut stream: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    while !stream.is_empty() {
        let len = usize::from(u16::from_be_bytes([stream[0], stream[1]]));
        assert!(len >= 2 && len <= stream.len(), "a torn frame");
        out.push(stream[2..len].to_vec());
        stream = &stream[len..];
    }
    out
}

/// An IKE message with its marker; `tag` tells messages apart.
pub fn ike(tag: u8, len: usize) -> Vec<u8> {
    let mut message = vec![0; 4];
    message.extend((0..len).map(|i| tag.wrapping_add((i % 251) as u8) | 1));
    message
}
