//! The three rings of a connection: frames of any lengths go in while sends and reads take any part
//! of what is there. Every frame comes out once, whole and in order. In the end the rings are
//! empty.

#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use arbitrary::Arbitrary;
use culvert_core::border as core;
use culvert_core::report::status::Status;
use libfuzzer_sys::fuzz_target;
use support::kernel::relayed;
use support::{Gate, RELAY, SMALL, frame, frames};

#[derive(Arbitrary, Debug)]
enum Move {
    /// The daemon sends a message of about this many octets.
    Datagram { is_ike: bool, len: u16 },
    /// The kernel takes this many octets of the plan.
    Send(u32),
    /// The peer sends a message of about this many octets.
    Queue { is_ike: bool, len: u16 },
    /// The kernel has this many octets of it.
    Read(u32),
    /// The daemon's socket takes this many sends of a batch.
    Serve(u8),
}

/// A message of RFC 9329 and of UDP at once.
const LEN_MAX: u16 = 65_507;

#[derive(Default)]
struct Run {
    /// Messages queued towards the peer, IKE and ESP, and octets that have left.
    out: [Vec<Vec<u8>>; 2],
    wire: Vec<u8>,
    /// The octets that the peer has sent, those of them not read yet, and the messages that have
    /// reached the daemon.
    sent: Vec<Vec<u8>>,
    unread: Vec<u8>,
    upstream: Vec<Vec<u8>>,
}

fuzz_target!(|moves: Vec<Move>| {
    let gate = Gate::start(SMALL, 0, RELAY);
    let conn = gate.open(0, 7);
    let mut run = Run::default();
    for each in moves {
        match each {
            Move::Datagram { is_ike, len } => run.datagram(&gate, conn, (is_ike, len)),
            Move::Send(take) => run.send(&gate, conn, take),
            Move::Queue { is_ike, len } => {
                let message = relayed(is_ike, 0, run.sent.len() as u32, len.min(LEN_MAX).into());
                run.unread.extend(frame(&message));
                run.sent.push(message);
            }
            Move::Read(octets) => {
                let octets = run.unread.len().min(octets as usize);
                let taken = gate.feed_some(0, conn, &run.unread[..octets]);
                run.unread.drain(..taken);
            }
            Move::Serve(sends) => run.serve(&gate, conn, sends.into()),
        }
    }
    run.finish(&gate, conn);
});

impl Run {
    fn datagram(&mut self, gate: &Gate, conn: u32, (is_ike, len): (bool, u16)) {
        if core::upstream_begin(0, conn) <= 0 {
            return;
        }
        let out = &mut self.out[usize::from(!is_ike)];
        let message = relayed(is_ike, 0, out.len() as u32, len.min(LEN_MAX).into());
        let status = gate.datagram(0, conn, &message, 1.0);
        assert!(status == 0 || !is_ike && status == Status::TxRingFull as u32);
        if status == 0 {
            out.push(message);
        }
    }

    fn send(&mut self, gate: &Gate, conn: u32, take: u32) {
        assert_eq!(core::tx_lock(0, conn), 1);
        let planned = core::tx_plan(0, conn);
        let octets = gate.planned(0);
        assert_eq!(octets.len(), planned as usize);
        let taken = take.min(planned);
        self.wire.extend_from_slice(&octets[..taken as usize]);
        if planned > 0 {
            core::tx_sent(0, conn, taken, 1.0);
        }
        core::tx_unlock(0, conn);
    }

    /// One batch. The socket takes its first `sends` sends.
    fn serve(&mut self, gate: &Gate, conn: u32, sends: u32) {
        let (kind, count) = gate.inbound(0, conn);
        if kind == culvert_core::layout::BATCH_NONE {
            core::rx_release_sent(0, conn, 0);
            return;
        }
        assert_eq!(kind, culvert_core::layout::BATCH_UPSTREAM);
        let sends = sends.min(count);
        for i in 0..sends {
            self.upstream.extend(gate.run(0, i));
        }
        core::rx_release_sent(0, conn, sends);
    }

    fn finish(mut self, gate: &Gate, conn: u32) {
        self.wire.extend(gate.send_all(0, conn, 2.0));
        let (ike, esp): (Vec<_>, Vec<_>) = frames(&self.wire)
            .into_iter()
            .partition(|frame| frame[..4] == [0; 4]);
        assert!([ike, esp] == self.out, "what was queued has left");
        while !self.unread.is_empty() || core::rx_len(conn) > 0 {
            let taken = gate.feed_some(0, conn, &self.unread);
            self.unread.drain(..taken);
            self.serve(gate, conn, u32::MAX);
        }
        assert!(
            self.upstream == self.sent,
            "what was sent has reached the daemon"
        );
        // All rings are back: both rows have one, and so has the reserve.
        let other = gate.open(0, 8);
        assert!(core::rx_prepare(0, conn) > 0 && core::rx_prepare(0, other) > 0);
        assert!(core::upstream_begin(0, conn) > 0);
    }
}
