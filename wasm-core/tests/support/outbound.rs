//! A gateway with one path, for tests of packets that leave on it.

use super::esp::Sa;
use super::{Gate, frame, frames, packet};

/// One gateway with one connection that is the path of peer 1, and its outbound SA.
pub struct Bench {
    pub gate: Gate,
    pub conn: u32,
    pub path: Sa,
    pub out: Sa,
    pub id: u32,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Sa)) -> Self {
        let gate = Gate::new();
        let conn = gate.open(0, 7);
        let path = Sa::inbound(0x1000);
        path.installed(&gate);
        let mut out = Sa::outbound(0x2000);
        change(&mut out);
        let id = out.installed(&gate);
        let bench = Self {
            gate,
            conn,
            path,
            out,
            id,
        };
        bench.move_path(conn, 1);
        bench.gate.events(0);
        bench
    }

    pub fn move_path(&self, conn: u32, seq: u64) {
        let outcome = self
            .gate
            .receive(0, conn, &frame(&self.path.seal(seq, &inner(20, 0))), 1.0);
        assert_eq!(outcome.fresh, 1);
    }

    /// Plaintexts of the packets that leave for `packets`, opened under the numbers from `first`
    /// on.
    pub fn send(&self, packets: &[Vec<u8>], first: u64) -> Vec<Vec<u8>> {
        self.gate.slots(0, packets);
        let wire: Vec<u8> = self
            .gate
            .transmit(0, 2.0)
            .into_iter()
            .flat_map(|(_, wire)| wire)
            .collect();
        let packets = frames(&wire).into_iter().enumerate();
        let opened = packets.map(|(i, packet)| self.out.open(first + i as u64, &packet));
        opened
            .map(|plaintext| plaintext.expect("authentic"))
            .collect()
    }
}

pub fn inner(len: usize, tag: u8) -> Vec<u8> {
    packet::v4([10, 0, 0, 1], [10, 0, 1, 2], len, tag)
}
