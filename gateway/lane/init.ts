// What the shell hands to a lane when it starts it. Descriptors are process-wide numbers; from here on the lane owns those
// in this message and closes them.

import type { LogFormat } from "../model/log_line.ts";
import type { Ends } from "../edges/ends.ts";
import type { FrontName } from "../edges/fronts.ts";
import type { NativeHandle } from "../engine/native.ts";

/** A listening socket, and what its connections pass first. */
export interface ListenerInit {
  readonly fd: number;
  readonly front: FrontName;
}

/** First message from the shell to a lane. */
export interface LaneInit extends Ends {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The native engine, to which the shell has attached the memory. */
  readonly native: NativeHandle | null;
  readonly index: number;
  readonly lanes: number;
  readonly connectionsMax: number;
  readonly innerMtu: number;
  readonly listeners: readonly ListenerInit[];
  /** TUN queue of this lane, -1 for the echo host. */
  readonly tun: number;
  /** What the TUN takes and gives in packets of many segments: an `OFFLOAD_` constant. */
  readonly offload: number;
  /** What wakes this lane. */
  readonly eventfd: number;
  /** The eventfds of all lanes, by index. */
  readonly eventfds: readonly number[];
  readonly prefixTimeoutMs: number;
  readonly frameTimeoutMs: number;
  /** 0 is off. */
  readonly idleTimeoutMs: number;
  readonly drainTimeoutMs: number;
  /** Form of the line with which a trap ends the process. */
  readonly logFormat: LogFormat;
}

/** Names of what the host can fail a lane in, as the log and the events have them. */
export type TroubleKind = "upstream_failed" | "upstream_refused" | "tun_failed";

/** When a kind was last told, and how often it was not since. */
export interface Troubled {
  readonly at: number;
  suppressed: number;
}

export interface TroubleNotice {
  readonly kind: "trouble";
  readonly trouble: TroubleKind;
  /** The error's name. */
  readonly reason: string;
  /** Of the kind, since the one before. */
  readonly suppressed: number;
}

/** What a lane tells the shell by message; everything else is in shared memory. */
export type LaneNotice =
  | { readonly kind: "ready" }
  | { readonly kind: "news" }
  | TroubleNotice
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly reason: string };
