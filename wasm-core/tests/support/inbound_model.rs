//! A plain model of inbound ESP: the result of a connection's frames, packet by packet.
//!
//! It does not know how a packet was made. It opens each one with RustCrypto and follows the RFCs
//! in their own order. Batches are the only thing that it takes from the core: all packets of a
//! batch are checked before the first of them is taken in.

use std::collections::{BTreeMap, BTreeSet};

use culvert_core::aead::Algorithm;
use culvert_core::layout::*;
use culvert_core::report::status::{Fate, Status};

use super::esp::Sa;
use super::{Gate, SMALL, SUSPECT_LIMIT, frame};

/// SPI of the first SA; the others follow.
pub const SPI: u32 = 0x0a0b_0c01;

/// One SA with the model's state of it.
pub struct ModelSa {
    pub sa: Sa,
    pub top: u64,
    seen: BTreeSet<u64>,
}

/// One connection's inbound side.
pub struct Model {
    pub sas: Vec<ModelSa>,
    score: u32,
    counters: BTreeMap<u8, u64>,
    delivered: Vec<Vec<u8>>,
    fresh: u32,
    is_closed: bool,
}

/// A packet of a batch: its SA, its full number, and its plaintext.
struct Job {
    sa: usize,
    seq: u64,
    plaintext: Option<Vec<u8>>,
}

impl Model {
    pub fn new(sas: Vec<Sa>) -> Self {
        let with_top = |sa: Sa| ModelSa {
            top: sa.initial,
            seen: BTreeSet::new(),
            sa,
        };
        Self {
            sas: sas.into_iter().map(with_top).collect(),
            score: 0,
            counters: BTreeMap::new(),
            delivered: Vec::new(),
            fresh: 0,
            is_closed: false,
        }
    }

    /// Payloads that came together, served until none is left.
    pub fn offer(&mut self, payloads: &[Vec<u8>]) {
        let mut rest = payloads;
        while !self.is_closed && !rest.is_empty() {
            let jobs = self.next_batch(&mut rest);
            for job in jobs {
                self.finish(job);
            }
        }
        // Looked at once more when the last batch has been served.
        self.is_closed |= self.score >= SUSPECT_LIMIT;
    }

    fn next_batch(&mut self, rest: &mut &[Vec<u8>]) -> Vec<Job> {
        let mut jobs = Vec::new();
        while let [payload, behind @ ..] = *rest {
            if jobs.is_empty() && self.score >= SUSPECT_LIMIT {
                self.is_closed = true;
                return jobs;
            }
            match self.whose(payload) {
                Ok(sa) if jobs.len() < BATCH_MAX => match self.prepare(sa, payload) {
                    Ok(job) => jobs.push(job),
                    Err(status) => self.count(status),
                },
                Err(status) if jobs.is_empty() => self.count(status),
                _ => return jobs,
            }
            *rest = behind;
        }
        jobs
    }

    /// RFC 9329 §3 and §6.6, then RFC 4303 §3.4.2, without an upstream.
    fn whose(&self, payload: &[u8]) -> Result<usize, Status> {
        let Some(&[a, b, c, d]) = payload.first_chunk::<4>().filter(|_| payload.len() > 4) else {
            return Err(match payload {
                [] => Status::FrameEmpty,
                [0xff] => Status::Keepalive,
                _ => Status::FrameShort,
            });
        };
        let spi = u32::from_be_bytes([a, b, c, d]);
        match (spi, payload.len()) {
            (0, ..32) => Err(Status::IkeShort),
            (0, _) => Err(Status::NoUpstream),
            (_, ..12) => Err(Status::EspShort),
            (_, len) => match self.sas.iter().position(|each| each.sa.spi == spi) {
                Some(_) if len < 36 => Err(Status::EspShort),
                of_ours => of_ours.ok_or(Status::UnknownSpi),
            },
        }
    }

    fn prepare(&self, sa: usize, payload: &[u8]) -> Result<Job, Status> {
        let known = &self.sas[sa];
        let low = u32::from_be_bytes(payload[4..8].try_into().expect("four octets"));
        let seq = if known.sa.esn {
            by_the_rfc(known.top, known.sa.window, low).ok_or(Status::SeqZero)?
        } else {
            u64::from(low)
        };
        known.check(seq)?;
        let plaintext = known.sa.open(seq, payload);
        Ok(Job { sa, seq, plaintext })
    }

    fn finish(&mut self, job: Job) {
        match self.take_in(&job) {
            Ok(inner) => self.delivered.push(inner),
            Err(status) => self.count(status),
        }
    }

    fn take_in(&mut self, job: &Job) -> Result<Vec<u8>, Status> {
        let known = &mut self.sas[job.sa];
        let plaintext = job.plaintext.as_ref().ok_or(Status::IcvMismatch)?;
        known.check(job.seq)?;
        known.seen.insert(job.seq);
        known.top = known.top.max(job.seq);
        self.fresh += 1;
        if self.score < SUSPECT_LIMIT {
            self.score = 0;
        }
        deliverable(&known.sa, plaintext)
    }

    fn count(&mut self, status: Status) {
        // These are counted as frames of their kind only.
        if !matches!(status, Status::FrameEmpty | Status::Keepalive) {
            *self.counters.entry(status as u8).or_default() += 1;
        }
        self.score += u32::from(status.fate() == Fate::Suspect);
    }
}

impl ModelSa {
    /// RFC 4303 §3.4.3, with a set in place of a bitmap.
    fn check(&self, seq: u64) -> Result<(), Status> {
        let window = u64::from(self.sa.window);
        match () {
            () if window == 0 => Ok(()),
            () if seq == 0 => Err(Status::SeqZero),
            () if seq + window <= self.top => Err(Status::SeqStale),
            () if seq <= self.sa.initial || self.seen.contains(&seq) => Err(Status::SeqReplayed),
            () => Ok(()),
        }
    }
}

/// RFC 4303 App. A2.2, cases A and B; `None` if no sender can have used the number.
fn by_the_rfc(top: u64, window: u32, low: u32) -> Option<u64> {
    let (high, top_low) = ((top >> 32) as i64, top as u32);
    let bottom = top_low.wrapping_sub(window).wrapping_add(1);
    let high = match (top_low >= window - 1, low >= bottom) {
        (true, true) | (false, false) => high,
        (true, false) => high + 1,
        (false, true) => high - 1,
    };
    let seq = high * (1 << 32) + i64::from(low);
    u64::try_from(seq).ok().filter(|&seq| seq > 0)
}

/// The inner packet of an authentic plaintext: RFC 4303 §2.4 to §2.7, then RFC 4301 §5.2.
fn deliverable(sa: &Sa, plaintext: &[u8]) -> Result<Vec<u8>, Status> {
    let [body @ .., pad_len, next_header] = plaintext else {
        return Err(Status::PadLengthInvalid);
    };
    let pad_len = usize::from(*pad_len);
    if pad_len > body.len() {
        return Err(Status::PadLengthInvalid);
    }
    let (payload, padding) = body.split_at(body.len() - pad_len);
    if padding.iter().zip(1..=255).any(|(&octet, n)| octet != n) {
        return Err(Status::PadOctetsInvalid);
    }
    let (version, header_len) = match next_header {
        59 => return Err(Status::DummyPacket),
        4 => (4, 20),
        41 => (6, 40),
        _ => return Err(Status::NextHeaderUnknown),
    };
    if payload.len() < header_len || payload[0] >> 4 != version {
        return Err(Status::InnerInvalid);
    }
    let word = |at: usize| usize::from(u16::from_be_bytes([payload[at], payload[at + 1]]));
    let ihl = usize::from(payload[0] & 15) * 4;
    let (len, source, destination) = if version == 4 {
        (word(2), &payload[12..16], &payload[16..20])
    } else {
        (40 + word(4), &payload[8..24], &payload[24..40])
    };
    if len > payload.len() || version == 4 && (ihl < 20 || ihl > len) {
        return Err(Status::InnerInvalid);
    }
    if !is_in(&sa.remote, source) || !is_in(&sa.local, destination) {
        return Err(Status::SelectorMismatch);
    }
    Ok(payload[..len].to_vec())
}

/// Whether an address is in one of the prefixes, bit by bit.
fn is_in(prefixes: &[(Vec<u8>, u32)], address: &[u8]) -> bool {
    let bit = |octets: &[u8], n: usize| octets[n / 8] >> (7 - n % 8) & 1;
    prefixes.iter().any(|(network, bits)| {
        network.len() == address.len()
            && (0..*bits as usize).all(|n| bit(network, n) == bit(address, n))
    })
}

/// A plain SA, one with ESN, and one without a window: keys and selectors differ.
pub fn sas(window: u32, initial: u64, esn_initial: u64) -> Vec<Sa> {
    let with = |i: u32, change: fn(&mut Sa)| {
        let mut sa = Sa::inbound(SPI + i);
        sa.remote = vec![
            (vec![10, 0, 0, 0], 23),
            (
                vec![
                    0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                ],
                63,
            ),
        ];
        sa.local = vec![(vec![10, 1, 0, 0], 23), (vec![0; 16], 0)];
        change(&mut sa);
        sa
    };
    let mut plain = with(0, |_| {});
    (plain.window, plain.initial) = (window, initial);
    let mut esn = with(1, |sa| {
        sa.esn = true;
        sa.algorithm = Algorithm::ChaCha20Poly1305.number();
        sa.material = (0..36).collect();
    });
    (esn.window, esn.initial) = (window, esn_initial);
    let mut open = with(2, |sa| sa.window = 0);
    open.initial = initial;
    vec![plain, esn, open]
}

/// The core beside the model: one connection of a gateway without an upstream.
pub struct Beside {
    gate: Gate,
    conn: u32,
    pub model: Model,
    fresh: u32,
}

impl Beside {
    pub fn new(sas: Vec<Sa>) -> Self {
        let gate = Gate::with(SMALL, 0);
        for sa in &sas {
            sa.installed(&gate);
        }
        Self {
            conn: gate.open(0, 7),
            gate,
            model: Model::new(sas),
            fresh: 0,
        }
    }

    /// Offers both payloads that came together.
    ///
    /// # Panics
    /// If they differ in anything: delivered packets, counters, the score, the end of the
    /// connection.
    pub fn offer(&mut self, payloads: &[Vec<u8>]) {
        let (gate, model) = (&self.gate, &mut self.model);
        model.offer(payloads);
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| frame(payload)).collect();
        let outcome = gate.receive(0, self.conn, &stream, 1.0);
        self.fresh += outcome.fresh;
        assert_eq!(outcome.inner, model.delivered);
        assert_eq!(self.fresh, model.fresh);
        let close = model.is_closed.then_some(Status::SuspectLimit as u32);
        assert_eq!(outcome.close, close);
        let is_of_packet =
            |status: Status| matches!(status.fate(), Fate::Ignore | Fate::Drop | Fate::Suspect);
        let counters = gate.counters(0).into_iter();
        let counted: BTreeMap<u8, u64> = counters
            .filter(|&(status, _)| is_of_packet(status))
            .map(|(status, n)| (status as u8, n))
            .collect();
        assert_eq!(counted, model.counters);
        assert_eq!(gate.score(self.conn), model.score);
        model.delivered.clear();
        if model.is_closed {
            // The SAs and their windows go on with the next connection (RFC 9329 §6.1).
            gate.close(0, self.conn);
            self.conn = gate.open(0, 7);
            (model.is_closed, model.score) = (false, 0);
        }
    }
}
