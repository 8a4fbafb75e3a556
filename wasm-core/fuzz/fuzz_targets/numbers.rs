//! ESN inference and the anti-replay window against a set of all numbers seen (RFC 4303 §3.4.3,
//! App. A2).

#![no_main]

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;

use arbitrary::Arbitrary;
use culvert_core::sa::esn;
use culvert_core::layout::{WINDOW_MAX, WINDOW_WORDS};
use culvert_core::sa::replay::ReplayWindow;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    window: u16,
    initial: u64,
    offers: Vec<Offer>,
}

#[derive(Arbitrary, Debug)]
enum Offer {
    /// From the highest number on.
    Near(i16),
    /// A low half, as it comes with ESN.
    Low(u32),
    Number(u64),
}

fuzz_target!(|input: Input| {
    let len = u32::from(input.window) % (WINDOW_MAX + 1);
    let top = AtomicU64::new(0);
    let bits = [const { AtomicU64::new(0) }; WINDOW_WORDS];
    let window = ReplayWindow {
        top: &top,
        bits: &bits,
        len,
    };
    window.reset(input.initial);
    let mut highest = input.initial;
    let mut seen = BTreeSet::new();
    for offer in input.offers {
        let seq = match offer {
            Offer::Near(offset) => highest.wrapping_add_signed(offset.into()),
            Offer::Number(number) => number,
            Offer::Low(low) => match esn::infer(highest, len, low) {
                Ok(seq) => {
                    let bottom = i128::from(highest) - i128::from(len.max(1)) + 1;
                    let ahead = i128::from(seq) - bottom;
                    assert!(seq as u32 == low && (0..1 << 32).contains(&ahead));
                    seq
                }
                Err(_) => continue,
            },
        };
        let is_left = highest.saturating_sub(seq) >= u64::from(len) && seq <= highest;
        let is_old = seq <= input.initial || seen.contains(&seq);
        let passes = len == 0 || seq > 0 && !is_left && !is_old;
        assert_eq!(window.check(seq).is_ok(), passes, "check {seq}");
        assert_eq!(window.mark(seq).is_ok(), passes, "mark {seq}");
        if passes {
            seen.insert(seq);
            highest = highest.max(seq);
        }
    }
});
