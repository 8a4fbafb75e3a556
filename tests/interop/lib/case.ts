// What a case is, and what it works with.

import type { Guest } from "./guest.ts";
import type { Report } from "./report.ts";

/** What a case works with. */
export interface Scene {
  readonly report: Report;
  /** Boots the guest on the TAP device of `layNetwork`. */
  boot(mtu: number): Promise<Guest>;
  /** Boots the gateway's host on the second TAP device of `layGuests`. */
  bootGatewayHost(mtu: number): Promise<Guest>;
  /** Something to print if the case fails. */
  onFailure(name: string, read: () => Promise<string>): void;
}

export interface Case {
  readonly name: string;
  readonly about: string;
  /** The case is ended after so many seconds. */
  readonly limitS: number;
  run(scene: Scene): Promise<void>;
}
