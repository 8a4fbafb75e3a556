// The shell's first message to the IKE worker, its orders, and what the worker tells.
//
// A blocked worker receives no messages. So orders go through a ring in shared memory and the
// worker's eventfd; what the worker tells are messages.

import type { IkeLink } from "../edges/ike_link.ts";
import type { IkeAction } from "../ike/engine/actions.ts";
import type { IkePlan } from "../ike/engine/plan.ts";
import type { Lease } from "../ike/leases/book.ts";
import type { LogFormat } from "../model/log_line.ts";

/** The first message from the shell. */
export interface IkeInit {
  /** The core, of which the worker makes an instance on a memory of its own. */
  readonly module: WebAssembly.Module;
  /** The module for certificates. */
  readonly pki: Uint8Array<ArrayBuffer>;
  readonly plan: IkePlan;
  /** What was leased before the process began, oldest first. */
  readonly leases: readonly Lease[];
  /** Links of the lanes, by index, and their eventfds. */
  readonly links: readonly IkeLink[];
  readonly laneEventfds: readonly number[];
  /** The eventfd that wakes the worker. */
  readonly eventfd: number;
  /** The ring of orders (`gateway/edges/byte_ring.ts`). */
  readonly orders: SharedArrayBuffer;
  /** Format of the line with which a failure ends the process. */
  readonly logFormat: LogFormat;
}

/** Where this side goes: a peer of the plan. */
export interface OrderedTarget {
  readonly peer: string;
  /** Asks for an inner address of each of these families. */
  readonly addresses: readonly ("v4" | "v6")[];
}

/** An order. Paths are ids of connections. */
export type IkeOrder =
  /** Begins an IKE SA. A path that has ended is refused with the reason `timeout`. */
  | { readonly kind: "initiate"; readonly target: OrderedTarget; readonly path: number }
  | { readonly kind: "end"; readonly ike: number }
  | { readonly kind: "rekey"; readonly ike: number; readonly what: "ike" | "children" }
  /** Goes on by another connection that this side has opened. */
  | { readonly kind: "pathOpened"; readonly ike: number; readonly path: number }
  /** The first packet has come on an inbound SA. */
  | { readonly kind: "used"; readonly spi: number }
  | { readonly kind: "reload"; readonly plan: IkePlan }
  /** A batch is done, but for these Child SAs, which could not be installed. */
  | {
    readonly kind: "done";
    readonly batch: number;
    readonly refused: readonly { readonly ike: number; readonly child: number }[];
  }
  | { readonly kind: "stop" };

/**
 * Packets of an SPI may come before its SA is there, because the peer sends by it before its answer
 * has come; or none will come any more.
 */
export interface PromiseAction {
  readonly kind: "promise" | "forget";
  /** An inbound SPI that this side has offered. */
  readonly spi: number;
}

/** What the shell has to do or to tell: an action of the engine that is no record for a lane. */
export type ShellAction =
  | Exclude<IkeAction, { readonly kind: "send" | "score" }>
  | PromiseAction;

/** Things to do, in their order. */
export interface BatchNotice {
  readonly kind: "batch";
  /** Number of the batch; 0 if nothing waits for it to be done. */
  readonly batch: number;
  readonly actions: readonly ShellAction[];
}

/** What changes by itself, once a second. */
export interface GaugesNotice {
  readonly kind: "gauges";
  readonly halfOpen: number;
}

/** The worker's messages. */
export type IkeNotice =
  | { readonly kind: "ready" }
  | BatchNotice
  | GaugesNotice
  | { readonly kind: "lease"; readonly lease: Lease }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly reason: string };
