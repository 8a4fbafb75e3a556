//! Numbers that must not be mixed.

/// Index of an SA that its receiver chose; host order, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spi(pub u32);

/// Row of an SA, 1 and up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaId(pub u32);

/// An SA by its number, which no other SA of the process ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaNumber(pub u64);

/// Row of a connection, 1 and up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnId(pub u32);
