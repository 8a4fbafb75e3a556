//! Statuses: the result for a message, a packet, a connection or an SA. Each has one name, one
//! number and one fate.
//!
//! Numbers index the lanes' counters and cross the border as they are. `ts-bindings/status.ts` is
//! generated from this file, and so is the table of `docs/reference/statuses.md`. RFC 9329 §6.1 and
//! RFC 4303 §3.4 explain the conditions.

use crate::layout::STATUS_MAX;

/// Declares the fates and their names from one list.
macro_rules! fates {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// The consequence of a condition for its packet, its connection or its SA.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fate {
            $($(#[$doc])* $name,)*
        }

        impl Fate {
            /// All fates.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The fate in the words of the TypeScript side.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

fates! {
    /// Nothing has happened.
    None = "none";
    /// The message is legal and of no use.
    Ignore = "ignore";
    /// The packet is gone.
    Drop = "drop";
    /// The packet is gone, and its connection has a point on its corruption score.
    Suspect = "suspect";
    /// The connection ends; its SAs stay.
    Close = "close";
    /// The SA asks for a rekey, or it stops.
    Expire = "expire";
    /// The core took or refused a TCP connection that the kernel had accepted.
    Accept = "accept";
    /// An SA was not installed.
    Refuse = "refuse";
    /// The process ends.
    Fatal = "fatal";
}

/// A row of the table of statuses.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The status.
    pub status: Status,
    /// Its name.
    pub name: &'static str,
    /// The condition, in lines as they stand behind `///`.
    pub doc: &'static [&'static str],
}

/// Declares the enum, the table of all and the lookup by number from one list.
macro_rules! statuses {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $fate:ident;)*) => {
        /// A condition. [`Fate`] says what it means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Status {
            $($(#[doc = $doc])+ $name = $number,)*
        }

        impl Status {
            /// All statuses, in the order of their numbers.
            pub const ALL: &'static [Row] = &[$(Row {
                status: Self::$name,
                name: stringify!($name),
                doc: &[$($doc),+],
            },)*];

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
    /// Done: no condition.
    Ok = 0, None;
    /// The first six octets are not `IKETCP`; nothing is sent back.
    PrefixMismatch = 1, Close;
    /// Prefix or first accepted message did not come in `--prefix-timeout-ms`.
    PrefixTimeout = 2, Close;
    /// Length 0 or 1 (RFC 9329 §3.1).
    FrameLengthInvalid = 3, Close;
    /// An inbound frame was not complete in `--frame-timeout-ms`. When rings run out, connections
    /// that have held one for a twentieth of that without valid traffic are closed too, the
    /// longest-idle first.
    FrameTimeout = 4, Close;
    /// An outbound frame could not leave whole in `--frame-timeout-ms`.
    SendStalled = 5, Close;
    /// The peer sent FIN; everything before it was handled, and the queue left.
    PeerClosed = 6, Close;
    /// The connection was reset, or failed in the kernel.
    PeerReset = 7, Close;
    /// No authenticated ESP and no datagram from upstream for `--idle-timeout-ms`.
    IdleTimeout = 8, Close;
    /// The corruption score reached `--suspect-limit`.
    SuspectLimit = 9, Close;
    /// `kick`, or `DELETE /v1/connections/{id}`.
    Kicked = 10, Close;
    /// Closed by a drain.
    Drained = 11, Close;
    /// Length 2: an empty message.
    FrameEmpty = 12, Ignore;
    /// One octet 0xFF.
    Keepalive = 13, Ignore;
    /// Authentic, next header 59 (RFC 4303 §2.6).
    DummyPacket = 14, Ignore;
    /// Another payload of 1 to 4 octets.
    FrameShort = 15, Suspect;
    /// An IKE message shorter than its header.
    IkeShort = 16, Suspect;
    /// Shorter than ESP header and trailer; for an SA of ours, shorter than these with IV and ICV.
    EspShort = 17, Suspect;
    /// No inbound SA has this SPI (1 to 255 never have one), and there is no upstream.
    UnknownSpi = 18, Suspect;
    /// The ICV is wrong on a known SPI.
    IcvMismatch = 19, Suspect;
    /// An IKE message larger than a UDP datagram can be.
    IkeTooLong = 20, Drop;
    /// A relayed ESP packet larger than a UDP datagram can be.
    EspTooLong = 21, Drop;
    /// An IKE message came, and nobody answers IKE: it is off here, and there is no `--upstream`.
    NoUpstream = 22, Drop;
    /// The upstream refuses (ICMP), or the host refuses the send or the socket for a reason other
    /// than a shortage.
    UpstreamRefused = 23, Drop;
    /// The upstream socket lost datagrams in the kernel.
    UpstreamOverflow = 24, Drop;
    /// The full sequence number is 0.
    SeqZero = 25, Drop;
    /// This number was seen before.
    SeqReplayed = 26, Drop;
    /// Left of the anti-replay window.
    SeqStale = 27, Drop;
    /// Authentic, but the pad length is longer than the packet.
    PadLengthInvalid = 28, Drop;
    /// Authentic, but the pad octets are not 1, 2, 3, ...
    PadOctetsInvalid = 29, Drop;
    /// Authentic, but the next header is neither 4, 41 nor 59.
    NextHeaderUnknown = 30, Drop;
    /// The inner packet is malformed: an authentic one, or one from the TUN that contradicts its
    /// own header.
    InnerInvalid = 31, Drop;
    /// Authentic, but the inner packet is outside the SA's selectors.
    SelectorMismatch = 32, Drop;
    /// No outbound SA has selectors for this inner packet.
    NoPolicy = 33, Drop;
    /// The peer has no connection at the moment.
    NoPath = 34, Drop;
    /// There is no room in the connection's queue, the burst is longer than 150 ms of its rate, or
    /// the connection of a datagram from upstream has ended; no sequence number was taken.
    TxRingFull = 35, Drop;
    /// The TUN takes no more.
    InnerFull = 36, Drop;
    /// The SA reached a soft limit (packets, octets, seconds), or its sequence numbers come to
    /// their end; an event asks for a rekey. Once for each of them.
    SeqSoftLimit = 37, Expire;
    /// The outbound counter is at its end: a number could repeat.
    SeqExhausted = 38, Expire;
    /// A hard limit (packets, octets, seconds) has passed. Inbound packets for an SA that has left
    /// so are counted here, too.
    SaExpired = 39, Expire;
    /// The connection was taken.
    Accepted = 40, Accept;
    /// Closed at once: `--max-connections`, or too few descriptors (`open_files_low`).
    RefusedTotal = 41, Accept;
    /// Closed at once: `--max-connections-per-source`.
    RefusedSource = 42, Accept;
    /// Closed at once: the gateway drains.
    RefusedDraining = 43, Accept;
    /// An SA with this SPI is installed.
    SpiInUse = 44, Refuse;
    /// No room for another SA.
    SadFull = 45, Refuse;
    /// The core does not accept this SA.
    SpecInvalid = 46, Refuse;
    /// A trap in the core; the lane may have held a lock of the shared memory.
    CoreTrap = 47, Fatal;
    /// Packets have waited for TCP longer than 5 ms for a while (CoDel). The drop tells the sender
    /// inside to slow down; the packet has taken no number. A packet that can carry an ECN mark is
    /// marked instead and goes on (`culvert_ecn_marks_total`).
    QueueDelay = 48, Drop;
    /// An IKE message could not be handed to the daemon, or to the IKE of this process, in
    /// `--frame-timeout-ms`, or was refused on its way. The initiator begins anew on another
    /// connection (RFC 9329 §6.2).
    IkeUndelivered = 49, Close;
    /// A datagram of the daemon for a client that has gone, or for one that has not said anything
    /// which it could answer.
    UpstreamStray = 50, Drop;
    /// No word that proves a key came in `--unauthenticated-timeout-ms`.
    Unauthenticated = 51, Close;
    /// It gave way to others. At a limit of connections, descriptors or ports: its peer goes on on
    /// another connection, or nothing on it has proved a key. From half of a limit on: its peer
    /// answers nothing any more.
    GaveWay = 52, Close;
    /// An IKE message that no honest peer sends: malformed, or under a key that is not its own.
    IkeInvalid = 53, Suspect;
}

const _: () = assert!(Status::ALL.len() <= STATUS_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_indices_into_all() {
        for (i, row) in Status::ALL.iter().enumerate() {
            assert_eq!(row.status as usize, i);
        }
    }

    #[test]
    fn fates_are_those_of_the_table() {
        let of = |fate| {
            Status::ALL
                .iter()
                .filter(|row| row.status.fate() == fate)
                .count()
        };
        assert_eq!(of(Fate::Ignore), 3);
        assert_eq!(of(Fate::Drop), 19);
        assert_eq!(of(Fate::Suspect), 6);
        assert_eq!(of(Fate::Close), 14);
        assert_eq!(of(Fate::Expire), 3);
    }
}
