// SPIs for inbound Child SAs.

import type { ShellAction } from "./init.ts";

/** Draws SPIs, and knows those in use. */
export interface Spis {
  /** An SPI that no Child SA here has (RFC 4303 §2.1: 0 to 255 never are one). */
  draw(): number;
  /** Notes installs and removes. */
  note(action: ShellAction): void;
}

/** Makes it. */
export function createSpis(random: (len: number) => Uint8Array): Spis {
  const used = new Set<number>();

  function draw(): number {
    for (;;) {
      const octets = random(4);
      const spi = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
      if (spi >= SPI_MIN && !used.has(spi)) return spi;
    }
  }

  function note(action: ShellAction): void {
    if (action.kind === "install" && action.direction === "inbound") used.add(action.spi);
    if (action.kind === "remove" && action.direction === "inbound") used.delete(action.spi);
  }

  return { draw, note };
}

const SPI_MIN = 256;
