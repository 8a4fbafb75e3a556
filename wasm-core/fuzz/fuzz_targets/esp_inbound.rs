//! Inbound ESP against the model of `tests/support/inbound_model.rs`: authentic plaintexts of any
//! octets, packets changed after they were sealed, and any octets at all.

#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use support::esp::Plain;
use support::inbound_model::{Beside, Model, sas};

#[derive(Arbitrary, Debug)]
struct Input {
    window: u8,
    initial: u16,
    esn_initial: u64,
    feeds: Vec<Vec<Offer>>,
}

#[derive(Arbitrary, Debug)]
enum Offer {
    Sealed {
        sa: u8,
        offset: i16,
        rounds: i8,
        plaintext: Vec<u8>,
        change: Option<(u16, u8)>,
    },
    Again(u16),
    Raw(Vec<u8>),
}

const WINDOWS: [u32; 4] = [32, 64, 1024, 4096];
/// Numbers of an SA with ESN, far from where sums overflow: the model counts in i64.
const NUMBER_MAX: u64 = 1 << 48;

fuzz_target!(|input: Input| {
    let window = WINDOWS[usize::from(input.window) % WINDOWS.len()];
    let esn_initial = input.esn_initial % NUMBER_MAX;
    let mut beside = Beside::new(sas(window, input.initial.into(), esn_initial));
    let mut before = Vec::new();
    for feed in &input.feeds {
        let payloads: Vec<_> = feed
            .iter()
            .map(|offer| compose(offer, &beside.model, &before))
            .collect();
        // More would not fit the ring at once.
        let octets: usize = payloads.iter().map(|payload| 2 + payload.len()).sum();
        if octets > 200_000 || payloads.iter().any(|payload| payload.len() > 65_533) {
            return;
        }
        beside.offer(&payloads);
        before.extend(payloads);
    }
});

fn compose(offer: &Offer, model: &Model, before: &[Vec<u8>]) -> Vec<u8> {
    match offer {
        Offer::Raw(octets) => octets.clone(),
        Offer::Again(i) => match before.len() {
            0 => Vec::new(),
            len => before[usize::from(*i) % len].clone(),
        },
        Offer::Sealed {
            sa,
            offset,
            rounds,
            plaintext,
            change,
        } => {
            let known = &model.sas[usize::from(*sa) % model.sas.len()];
            let last = if known.sa.esn {
                NUMBER_MAX
            } else {
                u32::MAX.into()
            };
            let offset = i64::from(*rounds % 3) * (1 << 32) + i64::from(*offset);
            let mut packet = known.sa.seal_plain(&Plain {
                seq: known.top.saturating_add_signed(offset).min(last),
                payload: plaintext,
                trailer: Some(&[]),
                next_header: 0,
            });
            if let Some((at, bits)) = change {
                let at = usize::from(*at) % packet.len();
                packet[at] ^= bits;
            }
            packet
        }
    }
}
