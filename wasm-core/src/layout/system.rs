//! The kernel's structures, as system calls read them: absolute 64-bit addresses, little endian.

use core::cell::Cell;

/// `struct iovec`.
#[repr(C)]
pub struct Iovec {
    /// Absolute address.
    pub base: Cell<u64>,
    /// Octets.
    pub len: Cell<u64>,
}

/// `struct msghdr` of a 64-bit kernel.
#[repr(C)]
pub struct Msghdr {
    /// Socket address; none is used here.
    pub name: Cell<u64>,
    /// Octets of it.
    pub name_len: Cell<u64>,
    /// Absolute address of the iovecs.
    pub iov: Cell<u64>,
    /// Number of iovecs.
    pub iov_len: Cell<u64>,
    /// Absolute address of the control messages.
    pub control: Cell<u64>,
    /// Octets of them; the kernel writes back what it used.
    pub control_len: Cell<u64>,
    /// Flags that `recvmsg` reports.
    pub flags: Cell<u64>,
}

/// `struct mmsghdr` of a 64-bit kernel.
#[repr(C)]
pub struct Mmsghdr {
    /// The message.
    pub message: Msghdr,
    /// Octets sent, written by the kernel.
    pub len: Cell<u64>,
}

/// `struct cmsghdr` with a 16-bit value.
#[repr(C)]
pub struct Control {
    /// Octets of header and value.
    pub len: Cell<u64>,
    /// Level.
    pub level: Cell<u32>,
    /// Type.
    pub kind: Cell<u32>,
    /// Value.
    pub value: Cell<u64>,
}

/// Octets of `struct virtio_net_hdr`.
pub const VNET_LEN: u32 = 10;
/// Level of a socket's options and control messages.
pub const SOL_SOCKET: u32 = 1;
/// Level of UDP's.
pub const SOL_UDP: u32 = 17;
/// Octets of each datagram but the last of a run that is sent.
pub const UDP_SEGMENT: u32 = 103;
/// The same of one that has come.
pub const UDP_GRO: u32 = 104;
/// How many datagrams a socket has lost.
pub const SO_RXQ_OVFL: u32 = 40;
