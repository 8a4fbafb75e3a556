//! Seal and open of one packet, crate by crate, as an ESP batch would do it: another packet each time, an AAD of eight
//! octets, the sealed octets not where the plaintext was.
//!
//!     deno task bench:native          prints the median, the 10th and the 90th percentile of 15 rounds, ns a packet

use std::hint::black_box;
use std::time::Instant;

mod subjects;

use subjects::{Aead, Packet, Subject};

/// Packets of one batch, the gateway's `BATCH_MAX`.
const BATCH: usize = 64;
const ROUNDS: usize = 15;
/// Octets that one round works on.
const ROUND_OCTETS: usize = 8 << 20;

fn main() {
    println!("| AEAD | octets | crate | seal, ns | open, ns |");
    println!("| --- | --- | --- | --- | --- |");
    for aead in Aead::ALL {
        for len in [64, 576, 1400, 9000] {
            // Interleaved, so that what else the machine does hits all of them.
            let mut subjects = subjects::all(aead);
            let mut runs = vec![[const { Vec::new() }; 2]; subjects.len()];
            for _ in 0..ROUNDS {
                for (subject, runs) in subjects.iter_mut().zip(&mut runs) {
                    let (seal, open) = round(subject.as_mut(), len);
                    runs[0].push(seal);
                    runs[1].push(open);
                }
            }
            for (subject, [seal, open]) in subjects.iter().zip(runs) {
                let (seal, open) = (spread(seal), spread(open));
                println!(
                    "| {} | {len} | {} | {seal} | {open} |",
                    aead.name(),
                    subject.name()
                );
            }
        }
    }
}

/// Nanoseconds a packet of one round of seals, and of opens.
fn round(subject: &mut dyn Subject, len: usize) -> (f64, f64) {
    let sources = vec![vec![7_u8; len]; BATCH];
    let mut packets = vec![Packet::new(len); BATCH];
    let batches = (ROUND_OCTETS / (len.max(256) * BATCH)).max(1);
    let mut nonce = 0_u64;
    let started = Instant::now();
    for _ in 0..batches {
        for (source, packet) in sources.iter().zip(&mut packets) {
            nonce += 1;
            packet.set_nonce(nonce);
            subject.seal(source, packet);
        }
        black_box(&mut packets);
    }
    let per_packet = |started: Instant, batches: usize| {
        started.elapsed().as_nanos() as f64 / (batches * BATCH) as f64
    };
    let seal = per_packet(started, batches);
    // What has been opened is sealed again, off the clock.
    let mut open = 0.0;
    for _ in 0..batches {
        let started = Instant::now();
        for packet in &mut packets {
            assert!(subject.open(packet), "authentic");
        }
        open += per_packet(started, 1);
        for (source, packet) in sources.iter().zip(&mut packets) {
            assert!(packet.data == *source, "what was sealed");
            subject.seal(source, packet);
        }
    }
    (seal, open / batches as f64)
}

fn spread(mut runs: Vec<f64>) -> String {
    runs.sort_by(f64::total_cmp);
    let at = |percent: usize| runs[(runs.len() - 1) * percent / 100];
    format!("{:.0} ({:.0} to {:.0})", at(50), at(10), at(90))
}
