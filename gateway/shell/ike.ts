// The IKE of this process, as the shell sees it: it starts the worker, carries out what that wants,
// hands orders to it, and ends it.

import type { IkeLink } from "../edges/ike_link.ts";
import { createLink } from "../edges/ike_link.ts";
import { createRingMemory, openRing } from "../edges/byte_ring.ts";
import type { IkePlan } from "../ike/engine/plan.ts";
import type { Lease } from "../ike/leases/book.ts";
import type { BatchNotice, IkeInit, IkeNotice, IkeOrder, ShellAction } from "../ike_worker/init.ts";
import { openOrderWriter, ORDERS_LEN, type OrderWriter } from "../ike_worker/orders.ts";
import { kick, openEventfd } from "../linux/eventfd.ts";
import type { Kernel } from "../linux/kernel.ts";
import { startRunningTimer } from "../linux/running_timer.ts";
import type { LogFormat } from "../model/log_line.ts";
import type { ReadyCheck } from "../model/unready.ts";
import type { Runtime } from "../runtime/types.ts";
import { doBatch, type IkeBatchOptions } from "./ike_batch.ts";
import { createIkePeers, type IkePeers } from "./ike_peers.ts";

/** What IKE inside is told by whoever starts the gateway. */
export interface IkeOptions {
  readonly plan: IkePlan;
  /** What was leased before the process began, oldest first. */
  readonly leases: readonly Lease[];
  /** Hears of each address that an identity gets and did not have last. */
  readonly onLease: (lease: Lease) => void;
}

/** What lanes and the worker share. It is there before either of them starts. */
export interface IkeLinks {
  /** The eventfd that wakes the worker. */
  readonly eventfd: number;
  /** By lane. */
  readonly links: readonly IkeLink[];
}

/** Makes the links of so many lanes. */
export function openIkeLinks(kernel: Kernel, lanes: number): IkeLinks {
  const eventfd = openEventfd(kernel);
  return { eventfd, links: Array.from({ length: lanes }, () => createLink(eventfd)) };
}

/** The IKE of this process. Orders are carried out in their order, after this returns. */
export interface Ike {
  readonly peers: IkePeers;
  /** Hands an order to the worker. */
  order(order: Exclude<IkeOrder, { readonly kind: "done" | "stop" }>): void;
  /** Calls `listener` with each action after it is done. The result ends that. */
  subscribe(listener: (action: ShellAction) => void): () => void;
  /** Whether the worker has been silent for too long. */
  readonly check: ReadyCheck;
  /**
   * Ends the worker; resolves when it has returned.
   *
   * @throws {Error} If it has not returned in time
   */
  stop(): Promise<void>;
}

/** What the worker is started with. */
export interface StartIkeOptions
  extends IkeOptions, Omit<IkeBatchOptions, "peers" | "heard" | "childLifetimeS"> {
  readonly runtime: Pick<Runtime, "readPki" | "startIkeWorker">;
  readonly kernel: Kernel;
  readonly module: WebAssembly.Module;
  readonly ikeLinks: IkeLinks;
  readonly laneEventfds: readonly number[];
  readonly logFormat: LogFormat;
  readonly date: () => Date;
  /** Monotonic ms. */
  readonly clock: () => number;
  /** The worker has failed, so the process cannot go on. */
  readonly onFailure: (reason: string) => void;
}

/** Time that the worker may take to return, ms. */
const STOP_TIMEOUT_MS = 10_000;

/** Silence after which the worker counts as down, ms. It tells its gauges every second. */
const SILENCE_MS = 10_000;

/** Pause before orders are tried again that found no room, ms. */
const RETRY_MS = 2;

/**
 * Starts the worker; resolves when it serves.
 *
 * @throws {Error} If it cannot start
 */
export async function startIke(options: StartIkeOptions): Promise<Ike> {
  const pki = await options.runtime.readPki();
  const orders = createRingMemory(ORDERS_LEN);
  const state: State = {
    ...options,
    writer: openOrderWriter(openRing(orders)),
    listeners: new Set(),
    peers: createIkePeers(options),
    started: Promise.withResolvers<void>(),
    stopped: Promise.withResolvers<void>(),
    isUp: false,
    heardAt: options.clock(),
  };
  const worker = options.runtime.startIkeWorker();
  worker.onmessage = (event: MessageEvent<IkeNotice>) => hear(state, event.data);
  worker.onerror = (event) => {
    event.preventDefault();
    failed(state, event.message);
  };
  worker.postMessage({ ...initOf(options, orders), pki });
  await state.started.promise;
  state.isUp = true;
  return {
    peers: state.peers,
    order(one): void {
      if (one.kind === "reload") state.plan = one.plan;
      order(state, one);
    },
    subscribe(listener): () => void {
      state.listeners.add(listener);
      return () => void state.listeners.delete(listener);
    },
    check: () => state.clock() - state.heardAt < SILENCE_MS ? undefined : DOWN,
    stop: () => stop(state),
  };
}

interface State extends Omit<StartIkeOptions, "plan"> {
  readonly writer: OrderWriter;
  readonly listeners: Set<(action: ShellAction) => void>;
  readonly peers: IkePeers;
  readonly started: PromiseWithResolvers<void>;
  readonly stopped: PromiseWithResolvers<void>;
  plan: IkePlan;
  isUp: boolean;
  /** When the worker was heard last, monotonic ms. */
  heardAt: number;
}

const DOWN = { reason: "ike_down", detail: "IKE has been silent for some time" } as const;

function hear(state: State, notice: IkeNotice): void {
  state.heardAt = state.clock();
  switch (notice.kind) {
    case "ready":
      return state.started.resolve();
    case "batch":
      return carryOut(state, notice);
    case "gauges":
      return state.peers.noteHalfOpen(notice.halfOpen);
    case "lease":
      return state.onLease(notice.lease);
    case "stopped":
      return state.stopped.resolve();
    case "failed":
      return failed(state, notice.reason);
  }
}

function carryOut(state: State, { batch, actions }: BatchNotice): void {
  const refused = doBatch({
    ...state,
    childLifetimeS: () => Math.ceil(state.plan.lifetimes.child / 1000),
    heard: (action) => state.listeners.forEach((listener) => listener(action)),
  }, actions);
  if (batch > 0) order(state, { kind: "done", batch, refused });
}

function failed({ isUp, started, onFailure }: State, reason: string): void {
  if (isUp) onFailure(reason);
  else started.reject(new Error(`Cannot start IKE: ${reason}`));
}

function order(state: State, one: IkeOrder): void {
  state.writer.push(one);
  flush(state);
}

function flush(state: State): void {
  const isWritten = state.writer.flush();
  kick(state.kernel, state.ikeLinks.eventfd);
  if (!isWritten) setTimeout(() => flush(state), RETRY_MS);
}

async function stop(state: State): Promise<void> {
  order(state, { kind: "stop" });
  const { promise: late, reject } = Promise.withResolvers<never>();
  const endTimer = startRunningTimer(
    STOP_TIMEOUT_MS,
    () => reject(new Error(`Cannot stop IKE: not done in ${STOP_TIMEOUT_MS} ms`)),
  );
  await Promise.race([state.stopped.promise, late]);
  endTimer();
}

function initOf(
  options: StartIkeOptions,
  orders: SharedArrayBuffer,
): Omit<IkeInit, "pki"> {
  const { module, plan, leases, ikeLinks, laneEventfds, logFormat } = options;
  const { links, eventfd } = ikeLinks;
  return { module, plan, leases, links, laneEventfds, eventfd, orders, logFormat };
}
