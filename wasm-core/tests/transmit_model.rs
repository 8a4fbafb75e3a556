//! The transmit side against a model, with several lanes, locks held over sends, partial sends and
//! EAGAIN, connections that close, and descriptors and rows that are used again at once.
//!
//! The first test interleaves lanes by a seed, step by step, with locks held between the steps; the
//! second lets threads race.

mod support;

use std::sync::Mutex;
use std::thread;

use culvert_core::border as core;
use culvert_core::layout::plan::Limits;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use proptest::prelude::*;
use support::esp::Sa;
use support::kernel::{Kernel, relayed};
use support::{Gate, frame, packet};

const LANES: u32 = 3;
const PEERS: u8 = 4;

/// A small generator, so that a seed says everything (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }
}

fn gate() -> Gate {
    let limits = Limits {
        lanes: LANES,
        connections: 5,
        sas: 16,
        rings: 12,
        inner_mtu: 1400,
    };
    let gate = Gate::with(limits, 0);
    for peer in 0..PEERS {
        path_of(peer).installed(&gate);
        let mut out = outbound_of(peer);
        out.remote = vec![(vec![10, 1, peer, 0], 24)];
        out.installed(&gate);
    }
    gate
}

fn path_of(peer: u8) -> Sa {
    Sa {
        esn: false,
        window: 0,
        ..Sa::new(0x1000 + u32::from(peer), SA_INBOUND, 1 + u32::from(peer))
    }
}

fn outbound_of(peer: u8) -> Sa {
    Sa::new(0x2000 + u32::from(peer), SA_OUTBOUND, 1 + u32::from(peer))
}

/// The peer for which a frame was sealed, if it was.
fn sealed_for(payload: &[u8]) -> Option<u8> {
    let spi = u32::from_be_bytes(payload[..4].try_into().expect("an SPI"));
    let peer = u8::try_from(spi.checked_sub(0x2000)?)
        .ok()
        .filter(|&peer| peer < PEERS)?;
    let seq = u64::from(u32::from_be_bytes(
        payload[4..8].try_into().expect("a number"),
    ));
    let plaintext = outbound_of(peer).open(seq, payload).expect("authentic");
    assert_eq!(plaintext[18], peer, "its destination");
    Some(peer)
}

/// A connection of a lane.
#[derive(Clone, Copy)]
struct Conn {
    row: u32,
    fd: i32,
    socket: usize,
    ike: u32,
    esp: u32,
}

/// The step in which a lane is.
#[derive(Clone, Copy)]
enum Doing {
    Nothing,
    /// It holds the transmit lock of a row; entries may be left.
    Sending(u32),
    /// It has marked this connection closed and closed its descriptor.
    Closing(Conn),
}

struct Lane {
    conns: Vec<Conn>,
    doing: Doing,
}

/// One gateway, one kernel, and the lanes between their steps.
struct World {
    gate: Gate,
    kernel: Kernel,
    lanes: Vec<Lane>,
    random: Random,
    seq: u64,
    now: f64,
}

impl World {
    fn new(seed: u64) -> Self {
        let lane = || Lane {
            conns: Vec::new(),
            doing: Doing::Nothing,
        };
        Self {
            gate: gate(),
            kernel: Kernel::default(),
            lanes: (0..LANES).map(|_| lane()).collect(),
            random: Random(seed | 1),
            seq: 0,
            now: 1.0,
        }
    }

    fn is_locked(&self, row: u32) -> bool {
        self.lanes.iter().any(|lane| match lane.doing {
            Doing::Nothing => false,
            Doing::Sending(held) => held == row,
            Doing::Closing(conn) => conn.row == row,
        })
    }

    fn any_locked(&self) -> bool {
        (1..=5).any(|row| self.is_locked(row))
    }

    fn step(&mut self) {
        let lane = self.random.below(LANES as usize);
        self.now += self.random.below(40) as f64 / 10.0;
        match self.lanes[lane].doing {
            Doing::Nothing => self.begin(lane),
            Doing::Sending(row) => self.send(lane, row),
            Doing::Closing(conn) => self.close_end(lane, conn),
        }
    }

    fn begin(&mut self, lane: usize) {
        let pick = self.random.below(20);
        let conn = match self.lanes[lane].conns.len() {
            0 => None,
            count => Some(self.random.below(count)),
        };
        match (pick, conn) {
            (0 | 1, _) | (_, None) if self.lanes[lane].conns.len() < 3 => self.accept(lane),
            // Whoever calls these would wait for a lock that another lane holds.
            (_, Some(i)) if self.is_locked(self.lanes[lane].conns[i].row) => {}
            (2, Some(i)) => self.close_begin(lane, i),
            (3..=7, Some(i)) => self.datagram_from_upstream(lane, i),
            (8..=10, Some(i)) => self.become_path(lane, i),
            (11..=13, Some(i)) => {
                let row = self.lanes[lane].conns[i].row;
                assert_eq!(core::tx_lock(lane as u32, row), 1);
                self.lanes[lane].doing = Doing::Sending(row);
            }
            // Entries may go anywhere.
            (14.., _) if !self.any_locked() => self.seal(lane),
            _ => {}
        }
    }

    fn accept(&mut self, lane: usize) {
        let (fd, socket) = self.kernel.accept();
        let row = self.gate.try_open(lane as u32, fd, [192, 0, 2, 1]);
        let Ok(row) = u32::try_from(row) else {
            self.kernel.close(fd);
            return;
        };
        core::conn_state(lane as u32, row, CONN_ENABLED);
        self.gate.set_client_spoken(row);
        self.lanes[lane].conns.push(Conn {
            row,
            fd,
            socket,
            ike: 0,
            esp: 0,
        });
    }

    fn close_begin(&mut self, lane: usize, i: usize) {
        let conn = self.lanes[lane].conns.swap_remove(i);
        assert_eq!(
            core::conn_close_begin(lane as u32, conn.row, Status::PeerClosed as u32),
            1
        );
        self.kernel.close(conn.fd);
        self.lanes[lane].doing = Doing::Closing(conn);
    }

    fn close_end(&mut self, lane: usize, conn: Conn) {
        core::conn_close_end(lane as u32, conn.row);
        self.lanes[lane].doing = Doing::Nothing;
    }

    fn datagram_from_upstream(&mut self, lane: usize, i: usize) {
        let is_ike = self.random.below(2) == 0;
        let len = [40, 41, 1000, 9000, 65_507][self.random.below(5)];
        let conn = &mut self.lanes[lane].conns[i];
        if core::upstream_begin(lane as u32, conn.row) <= 0 {
            return;
        }
        let n = if is_ike { &mut conn.ike } else { &mut conn.esp };
        let datagram = relayed(is_ike, conn.socket, *n, len);
        let status = self
            .gate
            .datagram(lane as u32, conn.row, &datagram, self.now);
        let dropped = [Status::TxRingFull, Status::QueueDelay].map(|status| status as u32);
        assert!(status == 0 || !is_ike && dropped.contains(&status));
        *n += 1;
        if is_ike {
            self.kernel.sockets[conn.socket].ike_queued += 1;
        }
    }

    fn become_path(&mut self, lane: usize, i: usize) {
        let peer = self.random.below(PEERS.into()) as u8;
        let conn = self.lanes[lane].conns[i];
        self.seq += 1;
        let inner = packet::v4([10, 0, 0, 1], [10, 1, peer, 1], 20, 0);
        let wire = frame(&path_of(peer).seal(self.seq, &inner));
        if self.gate.feed_some(lane as u32, conn.row, &wire) == 0 {
            return;
        }
        assert_eq!(self.gate.serve(lane as u32, conn.row, self.now).fresh, 1);
        assert_eq!(core::peer_path(1 + u32::from(peer)), conn.row);
        self.kernel.sockets[conn.socket].peers.push(peer);
    }

    fn seal(&mut self, lane: usize) {
        let count = 1 + self.random.below(20);
        let packets: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let peer = self.random.below(PEERS.into()) as u8;
                let len = 21 + self.random.below(1380);
                packet::v4([10, 0, 0, 1], [10, 1, peer, 1], len, peer)
            })
            .collect();
        self.gate.slots(lane as u32, &packets);
        self.seal_next(lane);
    }

    fn seal_next(&mut self, lane: usize) {
        let row = core::outbound_next(lane as u32, self.now);
        self.lanes[lane].doing = Doing::Nothing;
        if row != 0 {
            core::outbound_seal(lane as u32);
            core::outbound_commit(lane as u32);
            self.lanes[lane].doing = Doing::Sending(row);
        }
    }

    /// One `sendmsg`, or the end of sending.
    fn send(&mut self, lane: usize, row: u32) {
        let planned = core::tx_plan(lane as u32, row) as usize;
        let octets = self.gate.planned(lane as u32);
        assert_eq!(octets.len(), planned);
        let lowat = self.gate.u32(self.gate.row(row, "ROW_LOWAT"));
        assert!((LOWAT_MIN..=LOWAT_MAX).contains(&lowat));
        let segment = self.gate.u32(self.gate.row(row, "ROW_SEGMENT"));
        let is_short = segment > 0 && lowat < LOWAT_MAX;
        assert!(!is_short || planned <= (lowat / LOWAT_PARTS).max(segment) as usize);
        if self.random.below(8) == 0 {
            self.gate.set_u32(self.gate.row(row, "ROW_SEGMENT"), 1448);
        }
        let fd = self.gate.u32(self.gate.row(row, "ROW_FD")) as i32;
        let take = match self.random.below(4) {
            0 => 0,
            1 => planned,
            2 => self.random.below(planned + 1),
            _ => self.random.below(200),
        };
        let before = self.socket_of(fd).received.len();
        let sent = self.kernel.send(fd, &octets, take);
        if planned > 0 {
            self.check_order(fd, before, &octets);
            core::tx_sent(lane as u32, row, sent, self.now);
        }
        if sent as usize == planned && planned > 0 {
            return;
        }
        core::tx_unlock(lane as u32, row);
        if self.any_locked_by_others(lane) {
            // Entries that are left wait until no lane holds a lock.
            self.lanes[lane].doing = Doing::Nothing;
            return;
        }
        self.seal_next(lane);
    }

    fn any_locked_by_others(&self, lane: usize) -> bool {
        let others = self.lanes.iter().enumerate().filter(|(i, _)| *i != lane);
        others
            .into_iter()
            .any(|(_, other)| !matches!(other.doing, Doing::Nothing))
    }

    fn socket_of(&self, fd: i32) -> &support::kernel::Socket {
        self.kernel.socket(fd)
    }

    /// The rest of a frame that has left in part, then IKE, then ESP.
    fn check_order(&self, fd: i32, before: usize, planned: &[u8]) {
        let received = &self.socket_of(fd).received[..before];
        let mut at = 0;
        while at + 2 <= received.len() {
            at += usize::from(u16::from_be_bytes([received[at], received[at + 1]]));
        }
        let begun = match at.checked_sub(received.len()) {
            Some(rest) => rest,
            // One octet of a Length field has left; the rest is told by the second.
            None => usize::from(u16::from_be_bytes([received[at], planned[0]])) - 1,
        };
        let mut kinds = Vec::new();
        let mut at = begun;
        // A plan may end anywhere in its last frame, before its SPI too.
        while let Some(head) = planned.get(at..at + 6) {
            kinds.push(head[2..] == [0; 4]);
            at += usize::from(u16::from_be_bytes([head[0], head[1]]));
        }
        assert!(
            kinds.is_sorted_by(|a, b| a >= b),
            "IKE leaves first at a frame's end"
        );
    }

    /// Lets everything leave, closes nothing more, and compares.
    fn finish(mut self) {
        for lane in 0..LANES as usize {
            while !matches!(self.lanes[lane].doing, Doing::Nothing) {
                match self.lanes[lane].doing {
                    Doing::Sending(row) => {
                        core::tx_unlock(lane as u32, row);
                        self.lanes[lane].doing = Doing::Nothing;
                    }
                    Doing::Closing(conn) => self.close_end(lane, conn),
                    Doing::Nothing => {}
                }
            }
        }
        for lane in 0..LANES {
            for conn in &self.lanes[lane as usize].conns {
                let wire = self.gate.send_all(lane, conn.row, self.now + 1.0);
                self.kernel.send(conn.fd, &wire, wire.len());
                self.kernel.sockets[conn.socket].is_drained = true;
                assert_eq!(self.gate.u32(self.gate.row(conn.row, "ROW_TX_QUEUED")), 0);
                assert_eq!(
                    self.gate.f64(self.gate.row(conn.row, "ROW_TX_PARTIAL_AT")),
                    0.0
                );
            }
        }
        self.kernel.check(sealed_for);
    }
}

proptest! {
    #![proptest_config(support::cases(48))]

    #[test]
    fn interleaved_lanes_never_mix_octets(seed: u64) {
        let mut world = World::new(seed);
        for _ in 0..1500 {
            world.step();
        }
        world.finish();
    }
}

#[test]
fn racing_lanes_never_mix_octets() {
    let gate = gate();
    let kernel = Mutex::new(Kernel::default());
    thread::scope(|scope| {
        for lane in 0..LANES {
            let (gate, kernel) = (&gate, &kernel);
            scope.spawn(move || {
                gate.attach();
                race(gate, kernel, lane);
            });
        }
    });
    kernel.into_inner().expect("no panic").check(sealed_for);
}

/// One lane's life: everything that it does ends with its locks released.
fn race(gate: &Gate, kernel: &Mutex<Kernel>, lane: u32) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ u64::from(lane));
    let mut conns: Vec<Conn> = Vec::new();
    for round in 0..4_000_u64 {
        match random.below(8) {
            0 if conns.len() < 2 => {
                let (fd, socket) = kernel.lock().expect("no panic").accept();
                match u32::try_from(gate.try_open(lane, fd, [192, 0, 2, 1])) {
                    Ok(row) => {
                        gate.set_client_spoken(row);
                        conns.push(Conn {
                            row,
                            fd,
                            socket,
                            ike: 0,
                            esp: 0,
                        });
                    }
                    Err(_) => kernel.lock().expect("no panic").close(fd),
                }
            }
            1 if conns.len() == 2 && random.below(4) == 0 => {
                let conn = conns.swap_remove(random.below(2));
                assert_eq!(core::conn_close_begin(lane, conn.row, 6), 1);
                kernel.lock().expect("no panic").close(conn.fd);
                thread::yield_now();
                core::conn_close_end(lane, conn.row);
            }
            2 | 3 if !conns.is_empty() => {
                let i = random.below(conns.len());
                race_upstream(gate, kernel, lane, (&mut conns[i], random.below(2) == 0));
            }
            4 if !conns.is_empty() => {
                let conn = conns[random.below(conns.len())];
                let peer = random.below(PEERS.into()) as u8;
                // Said before it is so: the path may be used at once.
                kernel.lock().expect("no panic").sockets[conn.socket]
                    .peers
                    .push(peer);
                let inner = packet::v4([10, 0, 0, 1], [10, 1, peer, 1], 20, 0);
                let seq = 1 + round * u64::from(LANES) + u64::from(lane);
                if gate.feed_some(lane, conn.row, &frame(&path_of(peer).seal(seq, &inner))) > 0 {
                    assert_eq!(gate.serve(lane, conn.row, 1.0).fresh, 1);
                }
            }
            5 if !conns.is_empty() => {
                let conn = conns[random.below(conns.len())];
                assert_eq!(core::tx_lock(lane, conn.row), 1);
                race_send(gate, kernel, (lane, conn.row), &mut random);
            }
            _ => {
                let count = 1 + random.below(6);
                let to = |peer: u8, len| packet::v4([10, 0, 0, 1], [10, 1, peer, 1], len, peer);
                let packets: Vec<_> = (0..count)
                    .map(|_| to(random.below(PEERS.into()) as u8, 21 + random.below(1300)))
                    .collect();
                gate.slots(lane, &packets);
                loop {
                    let row = core::outbound_next(lane, 1.0);
                    if row == 0 {
                        break;
                    }
                    core::outbound_seal(lane);
                    core::outbound_commit(lane);
                    race_send(gate, kernel, (lane, row), &mut random);
                }
            }
        }
    }
    for conn in conns {
        // Other lanes may still seal for it. The frames that are there now leave whole.
        assert_eq!(core::tx_lock(lane, conn.row), 1);
        let wire = gate.send_all_locked(lane, conn.row, 2.0);
        kernel
            .lock()
            .expect("no panic")
            .send(conn.fd, &wire, wire.len());
        core::tx_unlock(lane, conn.row);
    }
}

fn race_upstream(
    gate: &Gate,
    kernel: &Mutex<Kernel>,
    lane: u32,
    (conn, is_ike): (&mut Conn, bool),
) {
    if core::upstream_begin(lane, conn.row) <= 0 {
        return;
    }
    let n = if is_ike { &mut conn.ike } else { &mut conn.esp };
    let datagram = relayed(is_ike, conn.socket, *n, 40 + *n as usize * 97 % 3000);
    let status = gate.datagram(lane, conn.row, &datagram, 1.0);
    assert!(status == 0 || !is_ike);
    *n += 1;
    kernel.lock().expect("no panic").sockets[conn.socket].ike_queued += u32::from(is_ike);
}

/// Sends a part, with the lock held over the call, and unlocks.
fn race_send(gate: &Gate, kernel: &Mutex<Kernel>, (lane, row): (u32, u32), random: &mut Random) {
    for _ in 0..3 {
        let planned = core::tx_plan(lane, row) as usize;
        if planned == 0 {
            break;
        }
        let octets = gate.planned(lane);
        let fd = gate.u32(gate.row(row, "ROW_FD")) as i32;
        let take = random.below(planned + 1);
        let sent = kernel.lock().expect("no panic").send(fd, &octets, take);
        core::tx_sent(lane, row, sent, 1.0);
    }
    core::tx_unlock(lane, row);
}
