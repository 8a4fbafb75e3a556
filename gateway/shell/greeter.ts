// Greetings. A responder closes a connection on which nothing authentic comes, and it knows no path
// to a peer before that. So each outbound SA that a new connection will carry sends a dummy packet
// (RFC 4303 §2.6), and sends it again until one of its packets has been sealed.

import type { Gateway } from "../model/gateway.ts";
import type { Log } from "./log.ts";
import type { Sad } from "./sad.ts";

/** Greets the responder on one connection. */
export interface Greeter {
  /** Sends a greeting by each of these SAs. */
  greet(spis: Iterable<number>): void;
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
  /** By SPI: the last sequence number that the SA had used before. */
  const waiting = new Map<number, bigint>();
  let timer: ReturnType<typeof setInterval> | undefined;

  function greet(spis: Iterable<number>): void {
    for (const spi of spis) {
      const view = sad.view(spi);
      if (view === undefined) continue;
      waiting.set(spi, view.sequence);
      // A refused order is repeated by the timer.
      sendDummy(spi, GREETING_LEN);
    }
    timer ??= setInterval(lookAgain, AGAIN_MS);
  }

  function lookAgain(): void {
    forgetGreeted();
    if (waiting.size === 0) rest();
    for (const spi of waiting.keys()) sendDummy(spi, GREETING_LEN);
  }

  function forgetGreeted(): void {
    for (const [spi, before] of waiting) {
      const view = sad.view(spi);
      const isOver = view === undefined || view.state === "expired" || view.sequence > before;
      if (isOver) waiting.delete(spi);
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
