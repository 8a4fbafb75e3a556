//! The border of the engine under memcheck: `culvert_engine_install`, `_seal` and `_open` with
//! keys, salts, plaintexts and tags marked undefined. `deno task test:ctgrind` starts it. It
//! asserts what memcheck should report.
//!
//! Behind the border runs `ring`, with the code that it chooses for the processor that valgrind
//! emulates.

#[path = "../../../wasm-core/examples/valgrind/request.rs"]
#[allow(dead_code, reason = "each program uses a part of it")]
mod request;
#[path = "../../tests/support/mod.rs"]
mod support;

use culvert_engine::exports as engine;
use request::{errors, hide, publish};
use support::{Algorithm, BLOCK, Packet, ROOM, Shared, kinds};

const LENS: [u32; 8] = [0, 1, 16, 63, 64, 65, 256, 1400];

/// Octets of the salt. It comes after the key and begins the nonce.
const SALT_LEN: usize = 4;

fn main() {
    assert!(request::is_running(), "runs under valgrind only");
    let shared = Shared::new(16);
    for (cipher, sa) in kinds().into_iter().zip(1..) {
        check_install(&shared, cipher, sa);
        check_batch(&shared, sa);
    }
}

/// An install decides nothing by the key.
fn check_install(shared: &Shared, (algorithm, key_len): (Algorithm, usize), sa: u32) {
    shared.set_spec(BLOCK, sa, algorithm, &vec![5; key_len]);
    hide(shared.lend(Shared::key_at(BLOCK), key_len + SALT_LEN));
    let start = errors();
    assert_eq!(engine::culvert_engine_install(shared.handle, BLOCK, sa), 1);
    assert_eq!(errors(), start, "install decides by the key");
    let wiped = shared.lend(Shared::key_at(BLOCK), key_len + SALT_LEN);
    assert!(wiped.iter().all(|octet| *octet == 0), "the key is left");
    assert_eq!(errors(), start, "wiping decides by the key");
}

/// A seal has no branch on a secret. An open has one for each packet; every third packet is forged.
fn check_batch(shared: &Shared, sa: u32) {
    let packets = LENS.map(|len| packet(sa, len));
    shared.set_jobs(BLOCK, &packets);
    for (n, packet) in packets.iter().enumerate() {
        shared.write(packet.source, &vec![6; packet.len as usize]);
        hide(shared.lend(packet.source, packet.len as usize));
        hide(shared.lend(Shared::nonce_at(BLOCK, n), SALT_LEN));
    }
    let start = errors();
    assert!(shared.seal(BLOCK));
    assert_eq!(errors(), start, "a seal decides by a secret");
    assert!(
        is_hidden(shared.lend(packets[0].tag, 16)),
        "the tag does not depend on a secret"
    );
    for (n, packet) in packets.iter().enumerate().step_by(3) {
        let at = packet.tag + n as u32;
        shared.write(at, &[shared.read(at, 1)[0] ^ 1]);
    }
    let start = errors();
    assert!(shared.open(BLOCK));
    let asked = errors() - start;
    assert_eq!(asked, packets.len(), "one verdict for each packet");
    for (n, packet) in packets.iter().enumerate() {
        let is_authentic = shared.results(BLOCK, packets.len())[n] == 1;
        assert_eq!(is_authentic, n % 3 != 0, "packet {n}");
        let data = shared.lend(packet.data, packet.len as usize);
        publish(data);
        assert!(
            !is_authentic || data.iter().all(|octet| *octet == 6),
            "packet {n}"
        );
    }
}

/// Whether memcheck reports a branch on the first of the octets.
fn is_hidden(octets: &[u8]) -> bool {
    let before = errors();
    if std::hint::black_box(octets[0]) == 0 {
        std::hint::black_box(before);
    }
    errors() > before
}

/// A packet of `len` octets. Packets without ESN have an even length.
fn packet(sa: u32, len: u32) -> Packet {
    let aad_len = if len.is_multiple_of(2) { 8 } else { 12 };
    let aad = [&sa.to_be_bytes()[..], &[9; 8]].concat();
    // Each length has 4096 octets, half of them for the sealed packet.
    let source = ROOM + 4096 * LENS.iter().take_while(|other| **other != len).count() as u32;
    let data = source + 2048;
    Packet {
        sa,
        nonce: [7; 12],
        aad: aad[..aad_len].to_vec(),
        source,
        data,
        len,
        tag: data + len,
    }
}
