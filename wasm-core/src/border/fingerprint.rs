//! One number for everything that must be equal on both sides of a border. A library or a generated
//! file of another build has another one.

use crate::aead::{AEADS, Aead};
use crate::border::names::{Names, TABLES};
use crate::report::status::Status;

/// FNV-1a over all names and numbers that cross: tables, AEADs and statuses.
pub const FINGERPRINT: u32 = {
    let mut hash = START;
    let mut i = 0;
    while i < TABLES.len() {
        hash = add_names(hash, TABLES[i].names);
        i += 1;
    }
    let mut i = 0;
    while i < AEADS.len() {
        hash = add_aead(hash, &AEADS[i]);
        i += 1;
    }
    let mut i = 0;
    while i < Status::ALL.len() {
        hash = add_name(hash, Status::ALL[i].name, Status::ALL[i].status as i64);
        i += 1;
    }
    hash
};

const fn add_names(mut hash: u32, names: Names) -> u32 {
    let mut i = 0;
    match names {
        Names::Listed(names) => {
            while i < names.len() {
                hash = add_name(hash, names[i].0, names[i].1);
                i += 1;
            }
        }
        Names::Members(prefix, members) => {
            hash = add_octets(hash, prefix.as_bytes());
            while i < members.len() {
                hash = add_name(hash, members[i].field, members[i].at as i64);
                i += 1;
            }
        }
    }
    hash
}

const fn add_aead(mut hash: u32, aead: &Aead) -> u32 {
    hash = add_name(hash, aead.name, aead.algorithm.number() as i64);
    let mut i = 0;
    while i < aead.key_lens.len() {
        hash = add_name(hash, "", aead.key_lens[i] as i64);
        i += 1;
    }
    hash
}

const fn add_name(hash: u32, name: &str, number: i64) -> u32 {
    add_octets(add_octets(hash, name.as_bytes()), &number.to_le_bytes())
}

const fn add_octets(mut hash: u32, octets: &[u8]) -> u32 {
    let mut i = 0;
    while i < octets.len() {
        hash = (hash ^ octets[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    hash
}

const START: u32 = 0x811c_9dc5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_hashed_as_fnv_1a_says() {
        assert_eq!(add_octets(START, b""), 0x811c_9dc5);
        assert_eq!(add_octets(START, b"a"), 0xe40c_292c);
        assert_eq!(add_octets(START, b"foobar"), 0xbf9c_f968);
    }

    #[test]
    fn a_name_or_a_number_that_differs_is_noticed() {
        let found = add_names(START, Names::Listed(&[("A", 1)]));
        assert_ne!(found, add_names(START, Names::Listed(&[("A", 2)])));
        assert_ne!(found, add_names(START, Names::Listed(&[("B", 1)])));
    }
}
