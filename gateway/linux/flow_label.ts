// IPv6 flow labels of our own choice (RFC 6437), through Linux's `ip6_flowlabel.c`. The request:
//
//   in6_flowlabel_req   address 16 | label 4, wire order | action 1 | share 1 | flags 2 | times 8
//   (32 octets)

import {
  EPERM,
  IPPROTO_IPV6,
  IPV6_FL_F_CREATE,
  IPV6_FL_S_ANY,
  IPV6_FLOWINFO_SEND,
  IPV6_FLOWLABEL_MGR,
  LITTLE_ENDIAN,
} from "./constants.ts";
import { expectDone, type Kernel, noteRefused } from "./kernel.ts";
import { trySetOption } from "./sockets.ts";

export const FLOWLABEL_REQ_LEN = 32;
export const FLOWLABEL_AT = 16;
export const FLOWLABEL_FLAGS_AT = 22;
const FLOWLABEL_SHARE_AT = 21;

/** A flow label for packets to one address. */
export interface FlowLabel {
  /** Destination, 16 octets. */
  readonly to: Uint8Array;
  /** 20 bits, not 0. */
  readonly label: number;
}

/** The label of all connections of one originator. */
export interface OwnLabel {
  /** 1 to `OWN_LABEL_MAX`. Another one is drawn when the kernel refuses this one. */
  label: number;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/**
 * Largest label that is drawn. The upper half of the 20 bits cannot be leased where
 * net.ipv6.flowlabel_state_ranges is set.
 */
export const OWN_LABEL_MAX = 0x7_ffff;

/** Draws a label. */
export function createOwnLabel(random: () => number): OwnLabel {
  return { label: draw(random), random };
}

/**
 * Lets a socket connect with `own.label` in its sockaddr, and returns that label; 0 if the kernel
 * refuses, and then chooses one for the connection itself.
 *
 * The label is leased, because the kernel refuses labels without a lease as soon as any process
 * holds one exclusively. A label that somebody else holds (EPERM) is given up for another one, for
 * this connection and those to come.
 */
export function useFlowLabel(
  kernel: Kernel,
  fd: number,
  { to, own }: { readonly to: Uint8Array; readonly own: OwnLabel },
): number {
  const option = { level: IPPROTO_IPV6, name: IPV6_FLOWINFO_SEND, value: 1 };
  let errno = trySetOption(kernel, fd, option);
  for (let i = 0; errno === 0 && i < DRAWS_MAX; i++) {
    const { label } = own;
    const refusal = tryLease(kernel, fd, { to, label, share: IPV6_FL_S_ANY });
    if (refusal === 0) return label;
    if (refusal === EPERM) own.label = draw(own.random);
    if (refusal !== EPERM || i === DRAWS_MAX - 1) errno = refusal;
  }
  noteRefused(kernel, "flow_label", errno);
  return 0;
}

/**
 * Leases a label for as long as the socket is open. `share` says who else may lease it
 * (IPV6_FL_S_*). The kernel keeps a lease for six seconds or more after its socket.
 *
 * @throws {Error} If the kernel refuses it
 */
export function leaseFlowLabel(kernel: Kernel, fd: number, lease: Lease): void {
  const result = tryLease(kernel, fd, lease) === 0 ? 0 : -1;
  expectDone(kernel.libc, result, "Cannot lease an IPv6 flow label");
}

interface Lease extends FlowLabel {
  readonly share: number;
}

/** Returns 0, or the number of the error. */
function tryLease({ libc, scratch }: Kernel, fd: number, { to, label, share }: Lease): number {
  scratch.u8.fill(0, 0, FLOWLABEL_REQ_LEN);
  scratch.u8.set(to);
  scratch.view.setUint32(FLOWLABEL_AT, label);
  scratch.view.setUint8(FLOWLABEL_SHARE_AT, share);
  scratch.view.setUint16(FLOWLABEL_FLAGS_AT, IPV6_FL_F_CREATE, LITTLE_ENDIAN);
  const at = scratch.at(0);
  const result = libc.setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, at, FLOWLABEL_REQ_LEN);
  return result === 0 ? 0 : libc.errno();
}

function draw(random: () => number): number {
  return 1 + Math.floor(random() * OWN_LABEL_MAX);
}

/** Labels to try for one connection. Each is held by somebody else once in very many times. */
const DRAWS_MAX = 8;
