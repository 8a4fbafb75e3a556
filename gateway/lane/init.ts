// The shell's first message to a lane, and the lane's messages to the shell. Descriptors are
// numbers of the process; the lane owns those in the message, and closes them.

import type { RefusedCall } from "../model/better_call.ts";
import type { LogFormat } from "../model/log_line.ts";
import type { Ends } from "../edges/ends.ts";
import type { FrontName } from "../edges/fronts.ts";
import type { NativeHandle } from "../engine/native.ts";

/** A listening socket, and the front that its connections pass first. */
export interface ListenerInit {
  readonly fd: number;
  readonly front: FrontName;
}

/** The first message from the shell to a lane. */
export interface LaneInit extends Ends {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The native engine, to which the shell has attached the memory. */
  readonly native: NativeHandle | null;
  readonly index: number;
  readonly lanes: number;
  readonly connectionsMax: number;
  /** Descriptors that the process may have; Infinity if that is not known. */
  readonly openFilesMax: number;
  readonly innerMtu: number;
  readonly listeners: readonly ListenerInit[];
  /** Queue of the TUN for this lane; -1 for the echo host. */
  readonly tun: number;
  /** Packets of many segments that the TUN takes and gives: `OFFLOAD_` bits. */
  readonly offload: number;
  /** Whether runs of datagrams go upstream in one call, for the kernel to cut. */
  readonly sendsRuns: boolean;
  /** Whether the kernel may join datagrams from upstream into runs. */
  readonly takesRuns: boolean;
  /** The eventfd that wakes this lane. */
  readonly eventfd: number;
  /** The eventfds of all lanes, by index. */
  readonly eventfds: readonly number[];
  readonly prefixTimeoutMs: number;
  readonly frameTimeoutMs: number;
  /** 0 turns it off. */
  readonly idleTimeoutMs: number;
  /** Until a trusted word, for connections that peers have opened; 0 turns it off. */
  readonly unauthenticatedTimeoutMs: number;
  readonly drainTimeoutMs: number;
  /** Format of the line with which a trap ends the process. */
  readonly logFormat: LogFormat;
}

/** Names of the host's failures, as the log and the events have them. */
export type TroubleKind = "accept_failed" | "upstream_failed" | "tun_failed";

/** When a kind was last told, monotonic ms, and how many were suppressed since. */
export interface Troubled {
  readonly at: number;
  suppressed: number;
}

/** When a lane has told last that the daemon refuses, and that it was heard, monotonic ms. */
export interface Evidence {
  refusedAt: number;
  heardAt: number;
  /** The last that was told is a refusal. */
  isRefused: boolean;
}

export interface TroubleNotice {
  readonly kind: "trouble";
  readonly trouble: TroubleKind;
  /** Name of the error, such as `ENOBUFS`. */
  readonly reason: string;
  /** Notices of this kind that were suppressed since the one before. */
  readonly suppressed: number;
}

/** A call that the kernel has refused. The lane makes the plain one, and has lost nothing. */
export interface RefusedCallNotice extends RefusedCall {
  readonly kind: "refused_call";
}

/** A connection was accepted and closed at once (gateway/lane/refusal.ts). */
export interface RefusedNotice {
  readonly kind: "refused";
  readonly remote: string;
  /** The address that the peer has connected to; null if it is not known. */
  readonly local: string | null;
  /** Name of the status, in snake_case. */
  readonly status: string;
  /** Refusals of this source that were not told since the one before. */
  readonly suppressed: number;
}

/** What a lane has seen of the daemon behind (gateway/lane/evidence.ts). */
export interface UpstreamNotice {
  readonly kind: "upstream";
  /** Name of the error with which a datagram was refused; null if the daemon has sent one. */
  readonly refusal: string | null;
}

/** Replies to echo requests of the echo host, of one batch (gateway/lane/ping.ts). */
export interface PongsNotice {
  readonly kind: "pongs";
  readonly count: number;
  /** Octets of their IP packets. */
  readonly octets: number;
  /** Sum of the times there and back, ms, and the shortest and the longest of them. */
  readonly sumMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Number of the last one; requests count from 0, and after 65,535 from there again. */
  readonly sequence: number;
}

/** A lane's messages to the shell. Everything else is in shared memory. */
export type LaneNotice =
  | { readonly kind: "ready" }
  | { readonly kind: "news" }
  | TroubleNotice
  | RefusedCallNotice
  | UpstreamNotice
  | PongsNotice
  | RefusedNotice
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly reason: string };
