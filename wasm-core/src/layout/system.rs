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
