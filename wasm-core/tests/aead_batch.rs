//! A batch gives the results of its packets one by one, however contexts, lengths and spoilt tags
//! are mixed.

#[allow(dead_code, reason = "each suite uses a part of it")]
mod aead_support;

use aead_support::{ENGINES, Engine, Header, SOFT, Sealed, filler};
use culvert_core::aead::{
    AEADS, Algorithm, CONTEXT_LEN, Context, OpenJob, SealJob, kinds, open_batch, seal_batch,
};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Packet {
    context: usize,
    nonce: [u8; 12],
    aad: [u8; 12],
    aad_len: usize,
    source: Vec<u8>,
    is_spoilt: bool,
}

impl Packet {
    fn header(&self) -> Header {
        Header {
            nonce: self.nonce,
            aad: self.aad[..self.aad_len].to_vec(),
        }
    }
}

fn packets() -> impl Strategy<Value = Packet> {
    let len =
        prop_oneof![3 => 0usize..300, 1 => 0usize..1500, 1 => Just(64usize), 1 => 4000usize..4300];
    let aad_len = prop::sample::select(vec![8usize, 12]);
    (
        0..4usize,
        any::<[u8; 12]>(),
        any::<[u8; 12]>(),
        aad_len,
        len,
        prop::bool::weighted(0.2),
    )
        .prop_map(|(context, nonce, aad, aad_len, len, is_spoilt)| Packet {
            context,
            nonce,
            aad,
            aad_len,
            source: filler(len),
            is_spoilt,
        })
}

/// Runs of one context, as traffic has them.
fn batches() -> impl Strategy<Value = Vec<Packet>> {
    vec((packets(), 1usize..20), 1..6).prop_map(|runs| {
        let run = |(packet, len): (Packet, usize)| {
            (0..len).map(move |n| {
                let mut packet = packet.clone();
                packet.nonce[11] ^= n as u8;
                packet
                    .source
                    .truncate(packet.source.len().saturating_sub(n % 3 * 7));
                packet
            })
        };
        runs.into_iter().flat_map(run).take(64).collect()
    })
}

fn contexts(engine: &Engine) -> Vec<Context> {
    kinds()
        .map(|(algorithm, len)| engine.context(algorithm, &filler(32)[..len]))
        .collect()
}

fn seal_all(engine: &Engine, contexts: &[Context], packets: &[Packet]) -> Vec<Sealed> {
    let empty = |packet: &Packet| Sealed {
        data: vec![0xee; packet.source.len()],
        tag: [0; 16],
    };
    let mut out: Vec<Sealed> = packets.iter().map(empty).collect();
    let mut jobs: Vec<SealJob<'_>> = packets
        .iter()
        .zip(&mut out)
        .map(|(packet, Sealed { data, tag })| SealJob {
            context: &contexts[packet.context],
            nonce: packet.nonce,
            aad: packet.aad,
            aad_len: packet.aad_len,
            source: &packet.source,
            sealed: data,
            tag,
        })
        .collect();
    (engine.seal_batch)(&mut jobs);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn batch_equals_single_packets(packets in batches()) {
        let reference = contexts(&SOFT);
        for engine in ENGINES {
            let contexts = contexts(&engine);
            let sealed = seal_all(&engine, &contexts, &packets);
            for (packet, sealed) in packets.iter().zip(&sealed) {
                let context = &reference[packet.context];
                let single = SOFT.seal(context, &packet.header(), &packet.source);
                prop_assert_eq!(sealed, &single);
            }
            open_all(&engine, &contexts, &packets, sealed)?;
        }
    }
}

fn open_all(
    engine: &Engine,
    contexts: &[Context],
    packets: &[Packet],
    mut sealed: Vec<Sealed>,
) -> Result<(), TestCaseError> {
    for (packet, sealed) in packets.iter().zip(&mut sealed) {
        sealed.tag[3] ^= u8::from(packet.is_spoilt);
    }
    let before = sealed.clone();
    let mut jobs: Vec<OpenJob<'_>> = packets
        .iter()
        .zip(&mut sealed)
        .map(|(packet, Sealed { data, tag })| OpenJob {
            context: &contexts[packet.context],
            nonce: packet.nonce,
            aad: packet.aad,
            aad_len: packet.aad_len,
            data,
            tag: *tag,
            ok: packet.is_spoilt,
        })
        .collect();
    (engine.open_batch)(&mut jobs);
    for ((job, packet), before) in jobs.iter().zip(packets).zip(&before) {
        prop_assert_eq!(job.ok, !packet.is_spoilt);
        let expected = if packet.is_spoilt {
            &before.data
        } else {
            &packet.source
        };
        prop_assert_eq!(&*job.data, expected.as_slice());
    }
    Ok(())
}

#[test]
fn empty_batches_are_nothing() {
    open_batch(&mut []);
    seal_batch(&mut []);
    for engine in ENGINES {
        (engine.open_batch)(&mut []);
        (engine.seal_batch)(&mut []);
    }
}

#[test]
fn empty_context_opens_and_seals_nothing() {
    let header = Header {
        nonce: [1; 12],
        aad: filler(8),
    };
    for engine in ENGINES {
        let context = Context::empty();
        let sealed = Sealed {
            data: filler(100),
            tag: [0; 16],
        };
        assert_eq!(engine.open(&context, &header, &sealed), None);
        let untouched = Sealed {
            data: vec![0xee; 100],
            tag: [0xee; 16],
        };
        assert_eq!(engine.seal(&context, &header, &filler(100)), untouched);
        let mut data = filler(100);
        let mut jobs = [OpenJob {
            context: &context,
            nonce: [1; 12],
            aad: [0; 12],
            aad_len: 8,
            data: &mut data,
            tag: [0; 16],
            ok: true,
        }];
        (engine.open_batch)(&mut jobs);
        assert!(!jobs[0].ok);
    }
}

#[test]
fn wiped_context_opens_nothing_and_a_wrong_key_length_installs_nothing() {
    let header = Header {
        nonce: [1; 12],
        aad: filler(8),
    };
    for engine in ENGINES {
        for (algorithm, len) in kinds() {
            let mut context = engine.context(algorithm, &filler(len));
            let sealed = engine.seal(&context, &header, &filler(40));
            assert!(engine.open(&context, &header, &sealed).is_some());
            context.wipe();
            assert_eq!(engine.open(&context, &header, &sealed), None);
            let mut context = engine.context(algorithm, &filler(len));
            assert!(!(engine.install)(&mut context, algorithm, &filler(len + 1)));
            assert_eq!(engine.open(&context, &header, &sealed), None);
        }
    }
}

/// A row of the table without a kernel in both engines fails here.
#[test]
fn an_engine_has_every_aead_with_every_length_of_its_table_and_no_other() {
    for (aead, number) in AEADS.iter().zip(1..) {
        assert_eq!(aead.algorithm.number(), number);
        assert_eq!(Algorithm::of(number), Some(aead.algorithm));
        assert_eq!(Algorithm::named(aead.name), Some(aead.algorithm));
        for (engine, len) in ENGINES
            .iter()
            .flat_map(|engine| (0..=64).map(move |len| (engine, len)))
        {
            let is_taken = (engine.install)(&mut Context::empty(), aead.algorithm, &filler(len));
            assert_eq!(
                is_taken,
                aead.key_lens.contains(&len),
                "{} {len}",
                aead.name
            );
        }
    }
    assert_eq!(Algorithm::of(0), None);
    assert_eq!(Algorithm::of(AEADS.len() as u32 + 1), None);
}

const _: () = assert!(CONTEXT_LEN <= 8192 && CONTEXT_LEN.is_multiple_of(64));
