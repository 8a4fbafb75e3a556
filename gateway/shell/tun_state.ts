// The state of the TUN device: the operator may set it down, remove it, or change its MTU while the
// gateway runs.

import type { Kernel } from "../linux/kernel.ts";
import { type Link, listLinks, setLink } from "../linux/links.ts";
import type { Tun } from "../linux/tun.ts";
import type { ReadyCheck } from "../model/unready.ts";
import type { EventHub } from "./events.ts";

/** What is known of the device. */
export interface TunState {
  /** Looks at the device, tells what has changed, and acts on it. */
  look(): void;
  isUp(): boolean;
  /** The device must be up to serve anybody. */
  readonly check: ReadyCheck;
}

export interface TunStateOptions {
  /** With a window of 32 KiB. */
  readonly kernel: Kernel;
  readonly tun: Pick<Tun, "name" | "index">;
  /** Largest inner packet, octets. */
  readonly mtu: number;
  readonly events: Pick<EventHub, "tell">;
}

/** Begins with a device that is up. */
export function followTun(options: TunStateOptions): TunState {
  const { kernel, tun, events } = options;
  const device = tun.name;
  let state: "up" | "down" | "gone" = "up";

  function look(): void {
    const link = listLinks(kernel).find(({ index }) => index === tun.index);
    const now = link === undefined ? "gone" : link.isUp ? "up" : "down";
    if (now !== state) {
      state = now;
      events.tell(`tun_${now}`, { device }, now === "up" ? "info" : "error");
    }
    if (link !== undefined) keepMtu(options, link);
  }

  function check(): ReturnType<ReadyCheck> {
    if (state === "up") return undefined;
    const detail = state === "down"
      ? "The TUN device is down"
      : "The TUN device is gone; only a restart brings it back";
    return { reason: "tun", detail };
  }

  return { look, check, isUp: () => state === "up" };
}

/**
 * A device with a larger MTU lets packets through that no SA carries here, and the sender would not
 * hear of it. A smaller one does no harm.
 */
function keepMtu({ kernel, tun, mtu, events }: TunStateOptions, link: Link): void {
  if (link.mtu <= mtu) return;
  const fields = { device: tun.name, from: link.mtu, to: mtu };
  try {
    setLink(kernel, { index: tun.index, mtu });
    events.tell("tun_mtu_restored", fields, "warn");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    events.tell("tun_mtu_failed", { ...fields, reason }, "error");
  }
}
