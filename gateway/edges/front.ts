// What stands at a listener: a front. It meets every connection that the kernel has accepted, before
// anything of it is counted or limited, and says who the client is.
//
// What a front takes off the stream lies before the stream prefix (RFC 9329 §4); the octets behind it
// are the lane's.

import type { ConnectionStateName } from "../model/connection_state.ts";

/** Who has opened the TCP connection (RFC 9329 §1.2): this side is the responder, or the originator. */
export type Role = "responder" | "originator";

/** A connection that is about to become one of the gateway's. */
export interface Arrival {
  /** The socket. Whoever admits it gives it away. */
  readonly fd: number;
  /** Our role on it. */
  readonly role: Role;
  /** Its first state: `enabled` if the stream prefix has been sent and no more is to come first. */
  readonly state: Extract<ConnectionStateName, "accepted" | "enabled">;
  /**
   * The client's address, as the 32-bit words of its `sockaddr_in` or `sockaddr_in6`; null if it is
   * the one that `accept4` has just written, which stands until the next call of it.
   */
  readonly client: readonly number[] | null;
}

/** Takes a connection into the lane, or closes it at a limit. */
export type Admit = (arrival: Arrival) => void;

/** What a connection passes before the gateway has it. */
export interface Front {
  /**
   * Meets the connection `fd`, fresh from `accept4`, which is the front's from now on. It calls
   * `admit` once it knows the client: at once, or when enough has come. Limits by source address
   * hold for the address that it names.
   */
  meet(fd: number, admit: Admit): void;
}

/** A listening socket and its front. */
export interface Listener {
  readonly fd: number;
  readonly front: Front;
}
