// IPv6 flow labels of our own choice (RFC 6437), through Linux's `ip6_flowlabel.c`. The request:
//
//   in6_flowlabel_req   address 16 | label 4, wire order | action 1 | share 1 | flags 2 | times 8
//   (32 octets)

import {
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

/**
 * Lets a socket connect with the flow label in its sockaddr.
 *
 * The label is leased, because the kernel refuses labels without a lease as soon as any process
 * holds one exclusively.
 *
 * @returns false if the kernel refuses it: the socket then connects without
 */
export function useFlowLabel(kernel: Kernel, fd: number, label: FlowLabel): boolean {
  const { libc } = kernel;
  const send = { level: IPPROTO_IPV6, name: IPV6_FLOWINFO_SEND, value: 1 };
  const errno = trySetOption(kernel, fd, send);
  const isUsed = errno === 0 && tryLease(kernel, fd, { ...label, share: IPV6_FL_S_ANY }) === 0;
  if (!isUsed) noteRefused(kernel, "flow_label", errno === 0 ? libc.errno() : errno);
  return isUsed;
}

/**
 * Leases a label for as long as the socket is open. `share` says who else may lease it
 * (IPV6_FL_S_*).
 *
 * @throws {Error} If the kernel refuses it
 */
export function leaseFlowLabel(
  kernel: Kernel,
  fd: number,
  lease: FlowLabel & { readonly share: number },
): void {
  expectDone(kernel.libc, tryLease(kernel, fd, lease), "Cannot lease an IPv6 flow label");
}

function tryLease(
  { libc, scratch }: Kernel,
  fd: number,
  { to, label, share }: FlowLabel & { readonly share: number },
): number {
  scratch.u8.fill(0, 0, FLOWLABEL_REQ_LEN);
  scratch.u8.set(to);
  scratch.view.setUint32(FLOWLABEL_AT, label);
  scratch.view.setUint8(FLOWLABEL_SHARE_AT, share);
  scratch.view.setUint16(FLOWLABEL_FLAGS_AT, IPV6_FL_F_CREATE, LITTLE_ENDIAN);
  const at = scratch.at(0);
  return libc.setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, at, FLOWLABEL_REQ_LEN);
}
