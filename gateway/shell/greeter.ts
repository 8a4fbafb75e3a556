// Greetings: a responder closes a connection on which nothing authentic comes, and knows no path before it does. So each outbound SA that
// is to be used on a new connection sends a dummy packet (RFC 4303 §2.6), again until a packet of it has been sealed.

import type { Gateway } from "../model/gateway.ts";
import type { Log } from "./log.ts";
import type { Sad } from "./sad.ts";

export interface Greeter {
  /** Greets by these SAs. */
  greet(spis: Iterable<number>): void;
  /** The connection has ended. */
  stop(): void;
}

export interface GreeterOptions extends Pick<Gateway, "sendDummy"> {
  readonly sad: Pick<Sad, "view">;
  readonly log: Log;
}

/** Octets of a dummy packet. */
const GREETING_LEN = 32;

/** A lane takes some 200 orders at once, and a queue may be full: what was not sealed is ordered again so much later, ms. */
const AGAIN_MS = 250;

export function startGreeter({ sad, sendDummy, log }: GreeterOptions): Greeter {
  /** The number that each SA had used before. */
  const waiting = new Map<number, bigint>();
  let timer: ReturnType<typeof setInterval> | undefined;

  function greet(spis: Iterable<number>): void {
    for (const spi of spis) {
      const view = sad.view(spi);
      if (view === undefined) continue;
      waiting.set(spi, view.sequence);
      // What is refused is ordered again.
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
