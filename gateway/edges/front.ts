// A front stands at a listener. It meets every connection that the kernel has accepted, before the
// gateway counts or limits it, and says who the client is.
//
// The interface lets a front take octets off the stream that come before the stream prefix (RFC
// 9329 §4). No front does so yet. All octets behind them are the lane's.

import type { ConnectionStateName } from "../model/connection_state.ts";

/** The part of this side in the TCP connection (RFC 9329 §1.2). The originator has opened it. */
export type Role = "responder" | "originator";

/** A connection that is about to become one of the gateway's. */
export interface Arrival {
  /** Its socket. The lane owns it from then on. */
  readonly fd: number;
  /** The role of this side. */
  readonly role: Role;
  /** Its first state: `accepted` if the stream prefix has to come, `enabled` if nothing has to. */
  readonly state: Extract<ConnectionStateName, "accepted" | "enabled">;
  /**
   * The client's address, as the 32-bit words of its `sockaddr_in` or `sockaddr_in6`. Null stands
   * for the address that `accept4` has just written, which is there until the next call of it.
   */
  readonly client: readonly number[] | null;
}

/** Takes a connection into the lane, or closes it at a limit. */
export type Admit = (arrival: Arrival) => void;

/** A connection passes it before the gateway has it. */
export interface Front {
  /**
   * Meets a connection that `accept4` has just returned, and owns it until it calls `admit`, which
   * it does at once. Limits by source address hold for the address that it names.
   *
   * A front that waits for octets is not there yet. It needs access to the lane's loop
   * (`lane/watch.ts`, `lane/loop.ts`), a deadline of its own, and a limit on how many connections
   * wait.
   *
   * @param fd The socket, non-blocking, with nothing read
   * @param admit Takes the connection over, the socket included
   */
  meet(fd: number, admit: Admit): void;
}

/** A listening socket and its front. */
export interface Listener {
  readonly fd: number;
  readonly front: Front;
}
