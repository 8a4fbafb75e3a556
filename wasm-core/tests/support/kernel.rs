//! A kernel of TCP sockets for the transmit side. Descriptors are the lowest free numbers, sends
//! take a part, and every octet is kept with the connection that it reached.

use std::collections::BTreeMap;

use super::frames;

/// One connection's far end. It outlives its descriptor.
#[derive(Debug, Default)]
pub struct Socket {
    /// Everything that arrived.
    pub received: Vec<u8>,
    /// Peers whose packets have come by it: it has been their path.
    pub peers: Vec<u8>,
    /// IKE messages queued for it.
    pub ike_queued: u32,
    /// Everything that was queued has been sent.
    pub is_drained: bool,
}

/// Descriptors and sockets. A socket's number is never used again.
#[derive(Debug, Default)]
pub struct Kernel {
    open: BTreeMap<i32, usize>,
    pub sockets: Vec<Socket>,
}

/// The content of a payload: its kind, its socket, its serial number. Both kinds are relayed
/// datagrams.
pub fn relayed(is_ike: bool, socket: usize, n: u32, len: usize) -> Vec<u8> {
    let mut payload = if is_ike { vec![0; 4] } else { vec![0xee; 4] };
    payload.extend((socket as u32).to_be_bytes());
    payload.extend(n.to_be_bytes());
    payload.resize(len.max(40), n as u8);
    payload
}

impl Kernel {
    /// `accept4`: the descriptor and the socket's number.
    pub fn accept(&mut self) -> (i32, usize) {
        let fd = (3..)
            .find(|fd| !self.open.contains_key(fd))
            .expect("a number");
        self.sockets.push(Socket::default());
        self.open.insert(fd, self.sockets.len() - 1);
        (fd, self.sockets.len() - 1)
    }

    pub fn close(&mut self, fd: i32) {
        assert!(self.open.remove(&fd).is_some(), "descriptor {fd} is open");
    }

    /// `sendmsg` that takes `take` octets of the message.
    pub fn send(&mut self, fd: i32, octets: &[u8], take: usize) -> u32 {
        let socket = self.open[&fd];
        let taken = &octets[..take.min(octets.len())];
        self.sockets[socket].received.extend_from_slice(taken);
        taken.len() as u32
    }

    pub fn socket(&self, fd: i32) -> &Socket {
        &self.sockets[self.open[&fd]]
    }

    /// Whole frames that arrived at a socket. A close may leave a torn one at the end.
    pub fn frames(&self, socket: usize) -> Vec<Vec<u8>> {
        let received = &self.sockets[socket].received;
        let mut end = 0;
        while let Some(&[high, low]) = received.get(end..end + 2) {
            let next = end + usize::from(u16::from_be_bytes([high, low]));
            if next > received.len() {
                break;
            }
            end = next;
        }
        let torn = received.len() - end;
        assert!(
            torn == 0 || !self.sockets[socket].is_drained,
            "a frame was not finished"
        );
        frames(&received[..end])
    }

    /// No octet reached another connection, no frame interleaved, all in order, and no IKE is
    /// missing.
    pub fn check(&self, sealed_for: impl Fn(&[u8]) -> Option<u8>) {
        for (number, socket) in self.sockets.iter().enumerate() {
            let mut next = [0, 0];
            for payload in self.frames(number) {
                if let Some(peer) = sealed_for(&payload) {
                    assert!(
                        socket.peers.contains(&peer),
                        "ESP of peer {peer} on socket {number}"
                    );
                    continue;
                }
                let is_ike = payload[..4] == [0; 4];
                let word = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
                assert_eq!(word(4) as usize, number, "a frame of another connection");
                let order = &mut next[usize::from(is_ike)];
                assert!(word(8) >= *order, "out of order");
                assert!(
                    !is_ike || word(8) == *order,
                    "IKE message {order} is missing"
                );
                *order = word(8) + 1;
                assert_eq!(
                    payload,
                    relayed(is_ike, number, word(8), payload.len()),
                    "its octets"
                );
            }
            if socket.is_drained {
                assert_eq!(next[1], socket.ike_queued, "all IKE has left");
            }
        }
    }
}
