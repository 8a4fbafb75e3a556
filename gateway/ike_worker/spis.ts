// SPIs for inbound Child SAs.

import type { IkeAction } from "../ike/engine/actions.ts";
import type { PromiseAction, ShellAction } from "./init.ts";

/** Draws SPIs, and knows those in use and those on offer. */
export interface Spis {
  /** An SPI that no Child SA here has (RFC 4303 §2.1: 0 to 255 never are one). */
  draw(): number;
  /** Notes installs and removes. */
  note(action: ShellAction): void;
  /**
   * Promises of the SPIs that were drawn in a call of the engine and not installed by it. A request
   * of this side offers them.
   */
  offered(actions: readonly IkeAction[], now: number): PromiseAction[];
  /** What is promised no more, because no answer has come in time. */
  expired(now: number): PromiseAction[];
}

/** Makes it. */
export function createSpis(random: (len: number) => Uint8Array): Spis {
  const used = new Set<number>();
  /** By SPI on offer: until when. */
  const promised = new Map<number, number>();
  let drawn: number[] = [];

  function draw(): number {
    for (;;) {
      const octets = random(4);
      const spi = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
      if (spi < SPI_MIN || used.has(spi) || promised.has(spi)) continue;
      drawn.push(spi);
      return spi;
    }
  }

  function note(action: ShellAction): void {
    if (action.kind === "install" && action.direction === "inbound") {
      used.add(action.spi);
      promised.delete(action.spi);
    }
    if (action.kind === "remove" && action.direction === "inbound") used.delete(action.spi);
  }

  function offered(actions: readonly IkeAction[], now: number): PromiseAction[] {
    if (drawn.length === 0) return [];
    const installed = new Set(actions.flatMap((one) => one.kind === "install" ? [one.spi] : []));
    const offers = drawn.filter((spi) => !installed.has(spi));
    drawn = [];
    for (const spi of offers) promised.set(spi, now + PROMISE_MS);
    return offers.map((spi) => ({ kind: "promise", spi }));
  }

  function expired(now: number): PromiseAction[] {
    const late = [...promised].filter(([, until]) => until <= now).map(([spi]) => spi);
    for (const spi of late) promised.delete(spi);
    return late.map((spi) => ({ kind: "forget", spi }));
  }

  return { draw, note, offered, expired };
}

const SPI_MIN = 256;

/** How long an SPI is on offer, ms: longer than a request may wait for its answer. */
const PROMISE_MS = 90_000;
