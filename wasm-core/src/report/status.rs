//! Statuses: the result for a message, a packet, a connection or an SA. Each has one name, one
//! number and one fate.
//!
//! Numbers index the lanes' counters and cross the border as they are. `ts-bindings/status.ts` is
//! generated from this file. `docs/architecture.md`, RFC 9329 §6.1 and RFC 4303 §3.4 explain the
//! conditions.

use crate::layout::STATUS_MAX;

/// The consequence of a condition for its packet, its connection or its SA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing has happened.
    None,
    /// The message is legal and of no use.
    Ignore,
    /// The packet is gone.
    Drop,
    /// The packet is gone, and its connection has a point on its corruption score.
    Suspect,
    /// The connection ends; its SAs stay.
    Close,
    /// The SA asks for a rekey, or it stops.
    Expire,
    /// The core took or refused a TCP connection that the kernel had accepted.
    Accept,
    /// An SA was not installed.
    Refuse,
    /// The process ends.
    Fatal,
}

impl Fate {
    /// The fate in the words of the TypeScript side.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ignore => "ignore",
            Self::Drop => "drop",
            Self::Suspect => "suspect",
            Self::Close => "close",
            Self::Expire => "expire",
            Self::Accept => "accept",
            Self::Refuse => "refuse",
            Self::Fatal => "fatal",
        }
    }
}

/// Declares the enum, the table of all and the lookup by number from one list.
macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $fate:ident;)*) => {
        /// A condition. [`Fate`] says what it means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Status {
            $($(#[$doc])* $name = $number,)*
        }

        impl Status {
            /// All statuses, in the order of their numbers.
            pub const ALL: &'static [(Self, &'static str)] =
                &[$((Self::$name, stringify!($name)),)*];

            /// Its one fate.
            pub const fn fate(self) -> Fate {
                match self {
                    $(Self::$name => Fate::$fate,)*
                }
            }
        }
    };
}

statuses! {
    /// No condition.
    Ok = 0, None;
    /// The first octets were not `IKETCP`.
    PrefixMismatch = 1, Close;
    /// Stream prefix or first accepted message not there in time.
    PrefixTimeout = 2, Close;
    /// Length 0 or 1.
    FrameLengthInvalid = 3, Close;
    /// An inbound frame was not complete in time.
    FrameTimeout = 4, Close;
    /// An outbound frame could not leave in time.
    SendStalled = 5, Close;
    /// FIN.
    PeerClosed = 6, Close;
    /// RST, or a broken descriptor.
    PeerReset = 7, Close;
    /// No authenticated ESP and no datagram from upstream for too long.
    IdleTimeout = 8, Close;
    /// The corruption score reached its limit.
    SuspectLimit = 9, Close;
    /// Closed by the operator.
    Kicked = 10, Close;
    /// Closed by the drain.
    Drained = 11, Close;
    /// Length 2. Counted as a frame of its kind only.
    FrameEmpty = 12, Ignore;
    /// One octet 0xFF. Counted as a frame of its kind only; from upstream not at all.
    Keepalive = 13, Ignore;
    /// Authentic, and next header 59.
    DummyPacket = 14, Ignore;
    /// A payload of 1 to 4 octets that is no keepalive.
    FrameShort = 15, Suspect;
    /// IKE message shorter than its header.
    IkeShort = 16, Suspect;
    /// ESP packet shorter than header, IV, trailer and ICV.
    EspShort = 17, Suspect;
    /// No inbound SA, and no upstream to relay to.
    UnknownSpi = 18, Suspect;
    /// ICV wrong on a known SPI.
    IcvMismatch = 19, Suspect;
    /// IKE message larger than a UDP datagram, or a frame, can be.
    IkeTooLong = 20, Drop;
    /// Relayed ESP packet larger than a UDP datagram, or a frame, can be.
    EspTooLong = 21, Drop;
    /// IKE message without an upstream.
    NoUpstream = 22, Drop;
    /// The upstream host or port is unreachable.
    UpstreamRefused = 23, Drop;
    /// The kernel dropped datagrams of the upstream socket.
    UpstreamOverflow = 24, Drop;
    /// Full sequence number 0, or below.
    SeqZero = 25, Drop;
    /// Seen before.
    SeqReplayed = 26, Drop;
    /// Left of the anti-replay window.
    SeqStale = 27, Drop;
    /// Pad length beyond the packet.
    PadLengthInvalid = 28, Drop;
    /// Pad octets are not 1, 2, 3 and on.
    PadOctetsInvalid = 29, Drop;
    /// Next header is neither 4 nor 41.
    NextHeaderUnknown = 30, Drop;
    /// Inner packet malformed, or too large to be sent.
    InnerInvalid = 31, Drop;
    /// Inner packet outside the SA's selectors.
    SelectorMismatch = 32, Drop;
    /// No outbound SA for this packet.
    NoPolicy = 33, Drop;
    /// The SA's peer has no live connection.
    NoPath = 34, Drop;
    /// No room in the transmit ring, or no ring.
    TxRingFull = 35, Drop;
    /// The inner side takes no more.
    InnerFull = 36, Drop;
    /// Soft limit: a rekey is due.
    SeqSoftLimit = 37, Expire;
    /// No sequence number is left.
    SeqExhausted = 38, Expire;
    /// Packet, octet or time limit passed.
    SaExpired = 39, Expire;
    /// A connection was accepted.
    Accepted = 40, Accept;
    /// Accepted and closed: too many connections.
    RefusedTotal = 41, Accept;
    /// Accepted and closed: too many connections of one source.
    RefusedSource = 42, Accept;
    /// Accepted and closed: draining.
    RefusedDraining = 43, Accept;
    /// An SA with this SPI is installed.
    SpiInUse = 44, Refuse;
    /// The table of SAs is full.
    SadFull = 45, Refuse;
    /// A member of the SA is out of range: SPI, key length, window, selectors, peer or sequence
    /// number.
    SpecInvalid = 46, Refuse;
    /// The core has trapped; it may hold a lock.
    CoreTrap = 47, Fatal;
    /// Packets wait too long for TCP: their senders are to slow down.
    QueueDelay = 48, Drop;
}

const _: () = assert!(Status::ALL.len() <= STATUS_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_indices_into_all() {
        for (i, &(status, _)) in Status::ALL.iter().enumerate() {
            assert_eq!(status as usize, i);
        }
    }

    #[test]
    fn fates_are_those_of_the_table() {
        let of = |fate| Status::ALL.iter().filter(|(s, _)| s.fate() == fate).count();
        assert_eq!(of(Fate::Ignore), 3);
        assert_eq!(of(Fate::Drop), 18);
        assert_eq!(of(Fate::Suspect), 5);
        assert_eq!(of(Fate::Close), 11);
        assert_eq!(of(Fate::Expire), 3);
    }
}
