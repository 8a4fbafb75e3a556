//! The record of a checked module, in lines that are committed: the number of operators that each
//! operation takes, and the operators that no run has seen in functions that meet secrets. A line
//! that is added, missing or changed is a difference.

use std::collections::BTreeMap;

use culvert_core::aead::Algorithm;

use crate::Problem;
use crate::gateway::{Gateway, ROOTS, Secrets};
use crate::layout::Layout;
use crate::module::Module;
use crate::packet::{Packet, Sa};
use crate::shapes::{self, Sequences};

/// Lengths of the packets that are counted, in octets.
const LENS: [usize; 6] = [64, 256, 576, 1400, 9000, 65_000];

/// Packets in the batches that are counted: one, and as many as the kernels process at once, where
/// these fit in the queue.
const BATCHES: [usize; 2] = [1, 16];

/// Most octets of a batch of several packets: they must fit in the queue of a connection.
const BATCH_OCTETS: usize = 32_000;

/// All lines about a module, after a run of all its shapes.
///
/// # Errors
/// If the core refuses a batch that is to be counted.
pub fn lines(core: (&Module<'_>, &Layout), run: &Gateway<'_>) -> Result<Vec<String>, Problem> {
    let (module, _) = core;
    let coverage = &run.machine.coverage;
    let mut not_run = BTreeMap::new();
    for gap in coverage.gaps(module) {
        *not_run.entry(plain(&gap.function)).or_insert(0) += gap.operators;
    }
    let mut never: Vec<String> = coverage
        .never_entered(module, &ROOTS)
        .into_iter()
        .map(plain)
        .collect();
    never.sort();
    let mut all = operators(core)?;
    all.extend(
        not_run
            .iter()
            .filter(|(_, operators)| **operators > 0)
            .map(|(function, operators)| format!("not run: {operators} in {function}")),
    );
    all.extend(
        never
            .iter()
            .map(|function| format!("never entered: {function}")),
    );
    Ok(all)
}

/// How `now` differs from the record, one line for each difference.
pub fn differences(recorded: &[String], now: &[String]) -> Vec<String> {
    let lacks = |lines: &[String], line: &String| !lines.contains(line);
    let gone = recorded.iter().filter(|line| lacks(now, line));
    let new = now.iter().filter(|line| lacks(recorded, line));
    gone.map(|line| format!("- {line}"))
        .chain(new.map(|line| format!("+ {line}")))
        .collect()
}

/// Operators of each operation. They are counted with known keys and packets; all other secrets
/// take the same number.
fn operators(core: (&Module<'_>, &Layout)) -> Result<Vec<String>, Problem> {
    let mut gateway = Gateway::new(core, Secrets::Known(1))?;
    let (mut inbound, mut outbound) = (Sequences::default(), Sequences::default());
    let mut all = Vec::new();
    for sa in shapes::sas() {
        gateway.install(sa)?;
        let name = name_of(sa);
        if !sa.is_esn {
            all.push(format!(
                "operators: {} install {name}",
                gateway.last_operators
            ));
        }
        for (len, packets) in counted() {
            let shape = vec![(sa, len); packets];
            let opened = count_open(&mut gateway, &inbound.number(&shape))?;
            // Sealing adds a trailer of two octets.
            let shape = vec![(sa, len - 2); packets];
            let sealed = count_seal(&mut gateway, &outbound.number(&shape))?;
            all.push(format!("operators: {sealed} seal {name} {len} x{packets}"));
            all.push(format!("operators: {opened} open {name} {len} x{packets}"));
        }
    }
    Ok(all)
}

fn count_open(gateway: &mut Gateway<'_>, packets: &[Packet]) -> Result<u64, Problem> {
    gateway.open(packets, 0)?;
    let operators = gateway.last_operators;
    gateway.finish(packets)?;
    Ok(operators)
}

fn count_seal(gateway: &mut Gateway<'_>, packets: &[Packet]) -> Result<u64, Problem> {
    gateway.seal(packets)?;
    let operators = gateway.last_operators;
    gateway.send()?;
    Ok(operators)
}

fn counted() -> impl Iterator<Item = (usize, usize)> {
    let all = LENS
        .iter()
        .flat_map(|&len| BATCHES.map(|packets| (len, packets)));
    all.filter(|(len, packets)| *packets == 1 || len * packets <= BATCH_OCTETS)
}

fn name_of(sa: Sa) -> String {
    let cipher = match sa.algorithm {
        Algorithm::ChaCha20Poly1305 => "chacha20-poly1305".to_owned(),
        Algorithm::AesGcm16 => format!("aes-{}-gcm", 8 * sa.key_len),
    };
    let esn = if sa.is_esn { " esn" } else { "" };
    cipher + esn
}

/// The name of a function without the hashes that the compiler adds to crate names.
fn plain(name: &str) -> String {
    let mut rest = name;
    let mut out = String::new();
    while let Some((before, behind)) = rest.split_once('[') {
        let Some((hash, after)) = behind.split_once(']') else {
            break;
        };
        out.push_str(before);
        if hash.len() != 16 {
            out.push('[');
            out.push_str(hash);
            out.push(']');
        }
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(all: &[&str]) -> Vec<String> {
        all.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_line_more_less_or_other_is_a_difference() {
        let recorded = lines(&["not run: 2 in f", "never entered: g"]);
        assert_eq!(differences(&recorded, &recorded), lines(&[]));
        let now = lines(&["not run: 3 in f", "never entered: g", "never entered: h"]);
        assert_eq!(
            differences(&recorded, &now),
            lines(&[
                "- not run: 2 in f",
                "+ not run: 3 in f",
                "+ never entered: h"
            ])
        );
        assert_eq!(differences(&recorded, &[]).len(), 2);
    }

    #[test]
    fn names_lose_their_hashes_and_nothing_else() {
        assert_eq!(
            plain("<a[0123456789abcdef]::B<[u8]> as c[fedcba9876543210]::D>::e"),
            "<a::B<[u8]> as c::D>::e"
        );
    }
}
