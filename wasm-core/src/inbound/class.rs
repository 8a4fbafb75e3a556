//! The class of a frame, which follows from its structure, its SPI and the gateway's settings.

use crate::esp::header::{ESP_LEN_MIN, ESP_PACKET_LEN_MIN};
use crate::ids::SaId;
use crate::layout::lane::LaneBlock;
use crate::layout::{
    DATAGRAM_LEN_MAX, IKE_HAND_OVER, IKE_HEADER_LEN, IKE_RELAY, NON_ESP_MARKER_LEN,
    UNKNOWN_SPI_RELAY,
};
use crate::memory;
use crate::report::status::Status;
use crate::sa::{recent, sad};
use crate::stream::frame::{Frame, Kind};

/// Where a frame goes.
pub(super) enum Class {
    /// One of our SAs opens it.
    Open(SaId),
    /// Its payload goes upstream.
    Relay,
    /// Its payload goes to an endpoint in this process.
    HandOver,
    /// An SA that is to come opens it.
    Wait,
    /// Nowhere; legal.
    Ignore,
    /// Nowhere, for this reason.
    Drop(Status),
}

/// Looks at the structure first, then at the SPI (RFC 9329 §3, §6.1). A packet that is not ours is
/// judged by what RFC 4303 allows, and not by our AEADs.
pub(super) fn classify(lane: &LaneBlock, frame: &Frame) -> Class {
    let payload_len = frame.payload_len();
    match frame.kind {
        Kind::Empty | Kind::Keepalive => Class::Ignore,
        Kind::Short => Class::Drop(Status::FrameShort),
        Kind::Ike if payload_len < NON_ESP_MARKER_LEN + IKE_HEADER_LEN => {
            Class::Drop(Status::IkeShort)
        }
        Kind::Ike => classify_ike(payload_len),
        Kind::Esp(_) if payload_len < ESP_LEN_MIN => Class::Drop(Status::EspShort),
        Kind::Esp(spi) => {
            sad::hold(lane);
            match sad::find(spi) {
                Some(_) if payload_len < ESP_PACKET_LEN_MIN => Class::Drop(Status::EspShort),
                Some(id) => Class::Open(id),
                // Not even with a daemon: it never had this SPI.
                None if recent::has(&memory::globals().ended, spi) => {
                    Class::Drop(Status::SaExpired)
                }
                None if recent::has(&memory::globals().promised, spi) => {
                    classify_promised(payload_len)
                }
                None => classify_unknown(payload_len),
            }
        }
    }
}

/// Decides by the gateway's setting for IKE. Its length has a limit only where a datagram carries
/// it.
fn classify_ike(payload_len: u32) -> Class {
    match memory::globals().ike.get() {
        IKE_HAND_OVER => Class::HandOver,
        _ if payload_len > DATAGRAM_LEN_MAX => Class::Drop(Status::IkeTooLong),
        IKE_RELAY => Class::Relay,
        _ => Class::Drop(Status::NoUpstream),
    }
}

fn classify_promised(payload_len: u32) -> Class {
    match payload_len {
        ..ESP_PACKET_LEN_MIN => Class::Drop(Status::EspShort),
        _ => Class::Wait,
    }
}

/// Decides by the gateway's setting for ESP without an inbound SA.
fn classify_unknown(payload_len: u32) -> Class {
    match memory::globals().unknown_spi.get() {
        UNKNOWN_SPI_RELAY if payload_len > DATAGRAM_LEN_MAX => Class::Drop(Status::EspTooLong),
        UNKNOWN_SPI_RELAY => Class::Relay,
        _ => Class::Drop(Status::UnknownSpi),
    }
}
