// The inner addresses that a server has given this side: the echo host's, or those of the TUN.

import type { IpAddress } from "../model/address.ts";

/** Has the inner addresses that a server gave last. */
export interface InnerAddresses {
  /** Makes these the addresses; earlier ones that are not among them go. */
  use(addresses: readonly IpAddress[]): void;
  /** Takes them all away. Idempotent. */
  close(): void;
}

/** How addresses come and go. */
export interface InnerSide {
  /** Whether it is a new one; one that was there stays somebody else's. @throws {Error} */
  add(address: IpAddress): boolean;
  /** @throws {Error} */
  remove(address: IpAddress): void;
  /** Tells of a failure. The tunnel stays: the host may have other ways. */
  readonly failed: (reason: string) => void;
}

/** Keeps the addresses of one side. */
export function keepInnerAddresses(side: InnerSide): InnerAddresses {
  /** Those that were added here, by their texts. */
  const ours = new Map<string, IpAddress>();

  function attempt(what: () => void): void {
    try {
      what();
    } catch (error) {
      side.failed(error instanceof Error ? error.message : String(error));
    }
  }

  function use(addresses: readonly IpAddress[]): void {
    const wanted = new Set(addresses.map(({ text }) => text));
    // New ones come first, so that routes find one at every moment.
    for (const address of addresses) {
      if (ours.has(address.text)) continue;
      attempt(() => {
        if (side.add(address)) ours.set(address.text, address);
      });
    }
    for (const [text, address] of ours) {
      if (wanted.has(text)) continue;
      ours.delete(text);
      attempt(() => side.remove(address));
    }
  }

  return { use, close: () => use([]) };
}
