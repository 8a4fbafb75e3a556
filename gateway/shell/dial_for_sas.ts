// A connection for SAs that others install (`connect` without IKE). It is up for as long as there
// is an SA that uses it, and it is the path of every peer.

import type { SaView } from "../model/sa_view.ts";
import { type DialerOptions, type Purpose, startDialer } from "./dialer.ts";
import { type Greeter, startGreeter } from "./greeter.ts";
import type { Orders } from "./orders.ts";
import type { OwnConnection } from "./own_connection.ts";
import type { Sad, SaEntry } from "./sad.ts";

/** Keeps the connection up. It hears of changes of SAs. */
export interface SaDialer {
  /** The SAD has one SA more, which may be the reason to connect. */
  installed(entry: SaEntry): void;
  /** The SAD has one SA less; without any, the connection is closed. */
  removed(): void;
  /** Ends all tries to connect; a connection that is up stays. Idempotent. */
  stop(): void;
}

export interface SaDialerOptions extends Omit<DialerOptions, "purpose"> {
  readonly sad: Pick<Sad, "views" | "view" | "usePath">;
  readonly orders: Orders;
}

/** Starts to keep the connection up. It does not connect before there is an outbound SA. */
export function dialForSas(options: SaDialerOptions): SaDialer {
  const { sad, orders } = options;
  let up: { readonly connection: OwnConnection; readonly greeter: Greeter } | undefined;

  function opened(connection: OwnConnection): () => void {
    const greeter = startGreeter({ ...options, sendDummy: orders.sendDummy });
    sad.usePath(connection.row);
    up = { connection, greeter };
    greeter.greet(newestOutbound(sad.views()));
    return () => {
      up = undefined;
      greeter.stop();
    };
  }

  function installed({ id, isStandby, spec: { direction } }: SaEntry): void {
    dialer.wake();
    if (up === undefined) return;
    sad.usePath(up.connection.row);
    // A greeting by an SA that the peer may not have yet would look like an unknown one to it.
    if (direction === "outbound" && !isStandby) up.greeter.greet([id]);
  }

  /** RFC 9329 §6.1: the originator should close a connection that no SA uses any more. */
  function removed(): void {
    if (up !== undefined && !sad.views().some(isLive)) orders.kick(up.connection.id);
  }

  const purpose: Purpose = { isNeeded: () => sad.views().some(isUsable), opened };
  const dialer = startDialer({ ...options, purpose });
  return { installed, removed, stop: dialer.stop };
}

/** Ids of the SAs that packets would use now: each peer's newest usable outbound SA. */
function newestOutbound(views: readonly SaView[]): Iterable<number> {
  const newest = new Map<string, number>();
  for (const view of views) if (isUsable(view)) newest.set(view.peer, view.id);
  return newest.values();
}

function isUsable(view: SaView): boolean {
  return view.direction === "outbound" && isLive(view);
}

function isLive({ state }: SaView): boolean {
  return state !== "expired";
}
