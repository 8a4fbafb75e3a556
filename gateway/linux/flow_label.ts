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
import { expectDone, type Kernel } from "./kernel.ts";
import { setOption } from "./sockets.ts";

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
 * @throws {Error} If the kernel refuses it
 */
export function useFlowLabel(kernel: Kernel, fd: number, label: FlowLabel): void {
  setOption(kernel, fd, { level: IPPROTO_IPV6, name: IPV6_FLOWINFO_SEND, value: 1 });
  leaseFlowLabel(kernel, fd, { ...label, share: IPV6_FL_S_ANY });
}

/**
 * Leases a label for as long as the socket is open. `share` says who else may lease it
 * (IPV6_FL_S_*).
 *
 * @throws {Error} If the kernel refuses it
 */
export function leaseFlowLabel(
  { libc, scratch }: Kernel,
  fd: number,
  { to, label, share }: FlowLabel & { readonly share: number },
): void {
  scratch.u8.fill(0, 0, FLOWLABEL_REQ_LEN);
  scratch.u8.set(to);
  scratch.view.setUint32(FLOWLABEL_AT, label);
  scratch.view.setUint8(FLOWLABEL_SHARE_AT, share);
  scratch.view.setUint16(FLOWLABEL_FLAGS_AT, IPV6_FL_F_CREATE, LITTLE_ENDIAN);
  const at = scratch.at(0);
  const result = libc.setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, at, FLOWLABEL_REQ_LEN);
  expectDone(libc, result, "Cannot lease an IPv6 flow label");
}
