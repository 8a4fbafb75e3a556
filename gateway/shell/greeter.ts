// Greetings. A responder closes a connection on which nothing authentic comes, and it knows no path
// to a peer before that. So each outbound SA that a new connection will carry sends a dummy packet
// (RFC 4303 §2.6), and sends it again until one of its packets has been sealed.

import type { Gateway } from "../model/gateway.ts";
import type { Log } from "./log.ts";
import type { Sad } from "./sad.ts";

/** Greets the responder on one connection. */
export interface Greeter {
  /** Sends a greeting by each of these SAs, given by their ids. */
  greet(sas: Iterable<number>): void;
  /** Ends the greetings, because the connection has ended; logs how many were not sent. */
  stop(): void;
}

export interface GreeterOptions extends Pick<Gateway, "sendDummy"> {
  readonly sad: Pick<Sad, "view">;
  readonly log: Log;
}

/** Octets of a dummy packet. */
const GREETING_LEN = 32;

/**
 * Time after which a greeting that was not sealed is ordered again, ms. A lane takes some 200
 * orders at once, and the connection's queue may be full.
 */
const AGAIN_MS = 250;

/** Makes a greeter; its timer runs only while greetings wait. */
export function startGreeter({ sad, sendDummy, log }: GreeterOptions): Greeter {
  /** By id: the last sequence number that the SA had used before. */
  const waiting = new Map<number, bigint>();
  let timer: ReturnType<typeof setInterval> | undefined;

  function greet(sas: Iterable<number>): void {
    for (const id of sas) {
      const view = sad.view(id);
      if (view === undefined) continue;
      waiting.set(id, view.sequence);
      // A refused order is repeated by the timer.
      sendDummy(id, GREETING_LEN);
    }
    timer ??= setInterval(lookAgain, AGAIN_MS);
  }

  function lookAgain(): void {
    forgetGreeted();
    if (waiting.size === 0) rest();
    for (const id of waiting.keys()) sendDummy(id, GREETING_LEN);
  }

  function forgetGreeted(): void {
    for (const [id, before] of waiting) {
      const view = sad.view(id);
      const isOver = view === undefined || view.state === "expired" || view.sequence > before;
      if (isOver) waiting.delete(id);
    }
  }

  function rest(): void {
    clearInterval(timer);
    timer = undefined;
  }

  function stop(): void {
    rest();
    forgetGreeted();
    if (waiting.size > 0) log("warn", "greetings_lost", { count: waiting.size });
  }

  return { greet, stop };
}
