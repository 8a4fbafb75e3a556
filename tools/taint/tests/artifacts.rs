//! Runs the checker on the committed modules. It finds no leak there, sees all operators, computes
//! what the core computes, and finds every leak that is inserted.
#![allow(clippy::unwrap_used)]

use culvert_core::layout::{SA_INBOUND, SA_OUTBOUND};
use culvert_taint::Problem;
use culvert_taint::gateway::{Gateway, Secrets};
use culvert_taint::layout::Layout;
use culvert_taint::module::Module;
use culvert_taint::mutant::{Leakage, sites, spoil};
use culvert_taint::packet::Packet;
use culvert_taint::shapes::{self, Extent, Sequences};

const BINDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ts-bindings");

fn artifact(variant: &str) -> (Vec<u8>, Layout) {
    let wasm = std::fs::read(format!("{BINDINGS}/esp.{variant}.wasm")).unwrap();
    let text = std::fs::read_to_string(format!("{BINDINGS}/layout.ts")).unwrap();
    (wasm, Layout::parse(&text))
}

/// An inserted leak is found at its own place, so it is the first leak that is reported.
fn every_mutant_is_caught(variant: &str) {
    let (wasm, layout) = artifact(variant);
    let module = Module::parse(&wasm).unwrap();
    let gateway = shapes::run((&module, &layout), Extent::Few).unwrap();
    let sites = sites(&gateway.machine, &module);
    assert!(sites.len() > 20, "{} sites", sites.len());
    for (site, n) in sites.into_iter().zip(0..) {
        // Three of the eleven kinds at each site, in turns.
        for leakage in (0..3).map(|turn| Leakage::ALL[(n + 4 * turn) % 11]) {
            let spoilt = spoil(&wasm, &module, site, leakage);
            let mutant = Module::parse(&spoilt).unwrap();
            let name = &module.functions[site.function].name;
            match shapes::run((&mutant, &layout), Extent::Few) {
                Err(Problem::Leak(leak)) => assert_eq!(&leak.functions[0], name, "{leakage:?}"),
                Err(other) => panic!("{leakage:?} in {name}: {other}"),
                Ok(_) => panic!("{leakage:?} in {name} is not caught"),
            }
        }
    }
}

#[test]
#[ignore = "takes a minute; check:taint runs it"]
fn every_mutant_of_the_relaxed_core_is_caught() {
    every_mutant_is_caught("relaxed");
}

#[test]
#[ignore = "takes a minute; check:taint runs it"]
fn every_mutant_of_the_strict_core_is_caught() {
    every_mutant_is_caught("strict");
}

fn batch(sequences: &mut Sequences) -> Vec<Packet> {
    let lens = [48, 65, 230, 20, 129, 512, 1400, 100];
    let shapes: Vec<_> = shapes::sas().into_iter().zip(lens).collect();
    sequences.number(&shapes)
}

fn opened<'a>(
    core: (&'a Module<'a>, &'a Layout),
    secrets: Secrets,
    packets: &[Packet],
    answers: u32,
) -> Gateway<'a> {
    let mut gateway = Gateway::new(core, secrets).unwrap();
    for sa in shapes::sas() {
        gateway.install(sa).unwrap();
    }
    gateway.open(packets, answers).unwrap();
    gateway
}

/// Opens a batch of authentic packets, then seals one.
fn both_ways<'a>(
    core: (&'a Module<'a>, &'a Layout),
    secrets: Secrets,
    mut look: impl FnMut(&Gateway<'a>, &[Packet], u32),
) {
    let packets = batch(&mut Sequences::default());
    let mut gateway = opened(core, secrets, &packets, 0);
    if secrets == Secrets::Hidden {
        // The compiler decides which way a branch goes for an authentic packet, so the answers are
        // learned first.
        let refused = (0..packets.len()).filter(|n| !gateway.is_authentic(*n).unwrap());
        let answers = refused.fold(0, |answers, n| answers | 1 << n);
        gateway = opened(core, secrets, &packets, answers);
    }
    assert!((0..packets.len()).all(|n| gateway.is_authentic(n).unwrap()));
    look(&gateway, &packets, SA_INBOUND);
    gateway.finish(&packets).unwrap();
    gateway.seal(&packets).unwrap();
    look(&gateway, &packets, SA_OUTBOUND);
}

#[test]
fn the_interpreter_computes_what_the_portable_engine_does() {
    for variant in ["relaxed", "strict"] {
        let (wasm, layout) = artifact(variant);
        let module = Module::parse(&wasm).unwrap();
        let mut looks = 0;
        both_ways(
            (&module, &layout),
            Secrets::Known(5),
            |gateway, packets, direction| {
                looks += 1;
                for (n, packet) in packets.iter().enumerate() {
                    let data = gateway.data(n).unwrap();
                    if direction == SA_INBOUND {
                        assert!(data.iter().all(|octet| *octet == 0));
                    } else {
                        let sealed = packet.seal(SA_OUTBOUND, 5, &packet.plaintext(5));
                        assert_eq!(data, &sealed[..data.len()], "packet {n}");
                    }
                }
            },
        );
        assert_eq!(looks, 2);
    }
}

/// Octets that the checker calls public are the same for two sets of secrets, over the whole
/// memory.
#[test]
fn what_is_public_does_not_depend_on_the_secrets() {
    let (wasm, layout) = artifact("relaxed");
    let module = Module::parse(&wasm).unwrap();
    let memory_after = |secrets: Secrets| {
        let mut memories = Vec::new();
        both_ways((&module, &layout), secrets, |gateway, _, _| {
            let len = gateway.machine.memory.pages() * 65_536;
            let (octets, labels) = gateway.machine.memory.read(0, len);
            memories.push((octets.to_vec(), labels.to_vec()));
        });
        memories
    };
    let hidden = memory_after(Secrets::Hidden);
    let (first, second) = (
        memory_after(Secrets::Known(1)),
        memory_after(Secrets::Known(2)),
    );
    for (((octets, labels), (a, _)), (b, _)) in hidden.iter().zip(&first).zip(&second) {
        let mut secret_and_different = 0;
        for at in 0..octets.len() {
            if labels[at] == 0 {
                assert!(
                    octets[at] == a[at] && a[at] == b[at],
                    "octet {at:#x}: {:02x} {:02x} {:02x}",
                    octets[at],
                    a[at],
                    b[at]
                );
            } else if a[at] != b[at] {
                secret_and_different += 1;
            }
        }
        assert!(
            secret_and_different > 20_000,
            "{secret_and_different} octets"
        );
    }
}

/// Reachable functions are found from the exports, not from the functions that a run has entered.
#[test]
fn a_function_that_no_shape_enters_is_noticed() {
    let (wasm, layout) = artifact("relaxed");
    let module = Module::parse(&wasm).unwrap();
    let gateway = Gateway::new((&module, &layout), Secrets::Hidden).unwrap();
    let coverage = &gateway.machine.coverage;
    let never = coverage.never_entered(&module, &["inbound_open"]);
    let is_named = |part: &str| never.iter().any(|name| name.contains(part));
    assert!(is_named("inbound_open") && is_named("simd::open_batch"));
    assert!(!is_named("simd::seal_batch"), "opening never calls it");
}
