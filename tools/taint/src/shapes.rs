//! The packets of a run: every algorithm, both lengths of the AAD, every length that the kernels
//! treat differently, and single packets and batches, within one SA and across all.

use culvert_core::aead::kinds;

use crate::Problem;
use crate::gateway::{Gateway, Secrets};
use crate::ike;
use crate::layout::Layout;
use crate::module::Module;
use crate::packet::{Packet, Sa};

/// How many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All that the proof needs.
    All,
    /// Every function and every kind of batch once.
    Few,
}

/// Runs all shapes and returns the gateway with everything that it noted.
///
/// # Errors
/// The first leak.
pub fn run<'a>(core: (&'a Module<'a>, &'a Layout), extent: Extent) -> Result<Gateway<'a>, Problem> {
    let mut gateway = Gateway::new(core, Secrets::Hidden)?;
    for sa in sas() {
        gateway.install(sa)?;
    }
    let mut sequences = Sequences::default();
    for answers in [u32::MAX, 0x5555_5555, 0] {
        for batch in inbound(extent) {
            let packets = sequences.number(&batch);
            gateway.open(&packets, answers)?;
            gateway.finish(&packets)?;
        }
    }
    let mut sequences = Sequences::default();
    for batch in outbound(extent) {
        gateway.seal(&sequences.number(&batch))?;
        gateway.send()?;
    }
    ike::run(&mut gateway)?;
    Ok(gateway)
}

/// The SAs of a run.
pub fn sas() -> Vec<Sa> {
    let both = kinds().flat_map(|kind| [(kind, false), (kind, true)]);
    both.zip(0..)
        .map(|(((algorithm, key_len), is_esn), number)| Sa {
            number,
            algorithm,
            key_len,
            is_esn,
        })
        .collect()
}

/// An SA and a length.
pub type Shape = (Sa, usize);

/// The last sequence number of each SA. Numbers start at 1.
#[derive(Default)]
pub struct Sequences {
    last: [u64; 8],
}

impl Sequences {
    /// Gives packets their sequence numbers.
    pub fn number(&mut self, batch: &[Shape]) -> Vec<Packet> {
        let mut next = |&(sa, len): &Shape| {
            let last = &mut self.last[usize::from(sa.number)];
            *last += 1;
            Packet {
                sa,
                len,
                sequence: *last,
            }
        };
        batch.iter().map(&mut next).collect()
    }
}

/// Batches that arrive.
pub fn inbound(extent: Extent) -> Vec<Vec<Shape>> {
    batches(extent, 4)
}

/// Batches that leave. No inner packet is shorter than its header.
pub fn outbound(extent: Extent) -> Vec<Vec<Shape>> {
    batches(extent, 20)
}

fn batches(extent: Extent, shortest: usize) -> Vec<Vec<Shape>> {
    let mut all = Vec::new();
    for sa in sas() {
        let with = |lens: &[usize]| -> Vec<Shape> { lens.iter().map(|&len| (sa, len)).collect() };
        if extent == Extent::Few {
            let lens = [shortest, 48, 63, 100, 230, 300, 1400];
            all.push(with(&lens));
            all.push(with(&lens[..1]));
            continue;
        }
        // The kernels begin to work in groups after six blocks of AES (groups of eight) and after
        // four blocks of 64 octets of ChaCha20. These are all lengths up to three groups.
        let lens: Vec<usize> = (shortest..=480).collect();
        all.extend(lens[..20].chunks(1).map(with));
        all.extend(lens.chunks(17).map(with));
        // The part of a counter that is cached ends at 4096 octets. No inner packet is longer than
        // the last.
        all.extend([1400, 4095, 4096, 4200, 8900, 65_400].map(|len| with(&[len])));
    }
    let lens = shortest..shortest + 64;
    all.push(sas().into_iter().cycle().zip(lens).collect());
    all
}
