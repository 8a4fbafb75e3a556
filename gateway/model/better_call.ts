// Calls that the gateway can do without, by the names that the log and the events have.

/** A call, or a use of one, that has a plain form. */
export type BetterCall = (typeof BETTER_CALLS)[number];

/**
 * All of them. In order: whole system calls; uses of the TUN (to write many packets in one, by
 * protocol, and to read such); offloads of UDP; options of sockets.
 */
export const BETTER_CALLS = [
  "accept4",
  "readv",
  "recvmmsg",
  "sendmmsg",
  "sendmsg",
  "writev",
  "tun_tcp_join",
  "tun_udp_join",
  "tun_read",
  "udp_segment",
  "udp_gro",
  "msg_eor",
  "so_rcvbuf",
  "so_rxq_ovfl",
  "tcp_nodelay",
  "tcp_keepalive",
  "tcp_user_timeout",
  "tcp_notsent_lowat",
  "flow_label",
] as const;

/** A call that the kernel has refused, and the name of its error. */
export interface RefusedCall {
  readonly call: BetterCall;
  /** Such as `ENOSYS`. */
  readonly reason: string;
}
