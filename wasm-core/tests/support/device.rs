//! A gateway that reads a device with offloads.

use super::esp::Sa;
use super::flow::Flow;
use super::{Gate, frame, frames, packet};
use culvert_core::border as core;
use culvert_core::layout::*;
use proptest::prelude::*;

/// One gateway whose lane 0 has a device with offloads, and a peer with a path.
pub struct Device {
    pub gate: Gate,
    pub conn: u32,
    out: Sa,
}

impl Device {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Sa)) -> Self {
        let gate = Gate::new();
        core::inner_offload(0, OFFLOAD_HEADER | OFFLOAD_TCP | OFFLOAD_UDP);
        let conn = gate.open(0, 7);
        let path = Sa::inbound(0x1000);
        path.installed(&gate);
        let mut out = Sa::outbound(0x2000);
        change(&mut out);
        out.installed(&gate);
        let inner = packet::v4([10, 0, 0, 1], [10, 0, 1, 2], 20, 0);
        let outcome = gate.receive(0, conn, &frame(&path.seal(1, &inner)), 1.0);
        assert_eq!(outcome.fresh, 1);
        Self { gate, conn, out }
    }

    /// The inner packets that leave for one read of the device: a header and a packet.
    pub fn send(&self, reads: &[(&[u8], &[u8])]) -> Vec<Vec<u8>> {
        self.send_at(reads, 2.0)
    }

    pub fn send_at(&self, reads: &[(&[u8], &[u8])], now: f64) -> Vec<Vec<u8>> {
        let reads: Vec<_> = reads.iter().map(|read| [read.0, read.1].concat()).collect();
        self.gate.slots(0, &reads);
        let sent = self.gate.transmit(0, now);
        assert!(sent.iter().all(|(conn, _)| *conn == self.conn));
        let wire: Vec<u8> = sent.into_iter().flat_map(|(_, wire)| wire).collect();
        frames(&wire)
            .iter()
            .enumerate()
            .map(|(i, packet)| {
                let mut plain = self.out.open(i as u64 + 1, packet).expect("authentic");
                let pad = usize::from(plain[plain.len() - 2]);
                plain.truncate(plain.len() - 2 - pad);
                plain
            })
            .collect()
    }
}

/// Flows of any kind.
pub fn flows() -> impl Strategy<Value = Flow> {
    let what = (any::<bool>(), any::<bool>(), any::<bool>(), any::<u8>());
    let tcp = (any::<u32>(), any::<u16>(), 0..=10_usize);
    (what, tcp).prop_map(|((is_v6, is_udp, df, tos), (ack, window, words))| Flow {
        is_v6,
        is_udp,
        df,
        tos,
        ack,
        window,
        options: vec![1; 4 * words],
        ..Flow::default()
    })
}
