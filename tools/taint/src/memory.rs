//! Linear memory with a label for each octet.

use crate::stop::Stop;
use crate::value::{Label, Value};

/// A linear memory. Fresh pages cost nothing until they are touched.
pub struct Memory {
    octets: Vec<u8>,
    labels: Vec<Label>,
}

/// Octets of a page.
pub const PAGE_LEN: usize = 65_536;

impl Memory {
    /// Makes a memory of zeros.
    pub fn new(pages: usize) -> Self {
        Self {
            octets: vec![0; pages * PAGE_LEN],
            labels: vec![0; pages * PAGE_LEN],
        }
    }

    /// Number of pages.
    pub fn pages(&self) -> usize {
        self.octets.len() / PAGE_LEN
    }

    pub(crate) fn load(&self, at: u64, len: usize) -> Result<Value, Stop> {
        let at = self.checked(at, len)?;
        let mut bits = [0; 16];
        bits[..len].copy_from_slice(&self.octets[at..at + len]);
        let mut value = Value::public(u128::from_le_bytes(bits));
        value.labels[..len].copy_from_slice(&self.labels[at..at + len]);
        Ok(value)
    }

    pub(crate) fn store(&mut self, at: u64, value: &Value, len: usize) -> Result<(), Stop> {
        let at = self.checked(at, len)?;
        self.octets[at..at + len].copy_from_slice(&value.bits.to_le_bytes()[..len]);
        self.labels[at..at + len].copy_from_slice(&value.labels[..len]);
        Ok(())
    }

    pub(crate) fn copy(&mut self, to: u64, from: u64, len: usize) -> Result<(), Stop> {
        let (to, from) = (self.checked(to, len)?, self.checked(from, len)?);
        self.octets.copy_within(from..from + len, to);
        self.labels.copy_within(from..from + len, to);
        Ok(())
    }

    pub(crate) fn fill(
        &mut self,
        to: u64,
        (octet, label): (u8, Label),
        len: usize,
    ) -> Result<(), Stop> {
        let to = self.checked(to, len)?;
        self.octets[to..to + len].fill(octet);
        self.labels[to..to + len].fill(label);
        Ok(())
    }

    pub(crate) fn init(&mut self, to: u64, octets: &[u8]) -> Result<(), Stop> {
        let to = self.checked(to, octets.len())?;
        self.octets[to..to + octets.len()].copy_from_slice(octets);
        self.labels[to..to + octets.len()].fill(0);
        Ok(())
    }

    /// Octets and labels at `at`.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn read(&self, at: u32, len: usize) -> (&[u8], &[Label]) {
        let at = at as usize;
        (&self.octets[at..at + len], &self.labels[at..at + len])
    }

    /// Writes public octets, as a system call would.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn write(&mut self, at: u32, octets: &[u8]) {
        let at = at as usize;
        self.octets[at..at + octets.len()].copy_from_slice(octets);
        self.labels[at..at + octets.len()].fill(0);
    }

    /// Makes octets secret. They lose their values.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn hide(&mut self, at: u32, labels: &[Label]) {
        let at = at as usize;
        self.octets[at..at + labels.len()].fill(0);
        self.labels[at..at + labels.len()].copy_from_slice(labels);
    }

    fn checked(&self, at: u64, len: usize) -> Result<usize, Stop> {
        usize::try_from(at)
            .ok()
            .filter(|at| {
                at.checked_add(len)
                    .is_some_and(|end| end <= self.octets.len())
            })
            .ok_or(Stop::Trap("outside of the memory"))
    }
}
