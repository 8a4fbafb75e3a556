// The lanes' supervisor. It starts the workers, hands orders to them, hears what they tell, and
// ends them in order.
//
// A blocked worker receives no messages, and must not be terminated because that would keep the
// process from ending. So orders go through the command ring and the eventfd, and a lane ends by
// returning from its loop.

import {
  ORDER_COLLECT,
  ORDER_DRAIN,
  ORDER_NETWORK,
  ORDER_STOP,
  ORDER_WAITING,
  pushCommand,
  setOrder,
} from "../lane/commands.ts";
import type {
  LaneInit,
  LaneNotice,
  PongsNotice,
  RefusedCallNotice,
  RefusedNotice,
  TroubleNotice,
  UpstreamNotice,
} from "../lane/init.ts";
import { kick } from "../linux/eventfd.ts";
import type { Kernel } from "../linux/kernel.ts";
import { startRunningTimer } from "../linux/running_timer.ts";
import type { Runtime } from "../runtime/types.ts";

/** All running lanes. */
export interface Lanes {
  /** Gives one lane a command (`COMMAND_...` first); false if its ring is full. */
  command(lane: number, command: readonly number[]): boolean;
  /** Has all lanes collect their garbage, each at its next turn. */
  collect(): void;
  /** Tells all lanes to drain. */
  drain(): void;
  /**
   * Tells all lanes that addresses or routes of the host have changed. Those sockets towards the
   * daemon move whose source has changed.
   */
  networkChanged(): void;
  /** Has all lanes look at packets that wait for SAs. */
  settleWaiting(): void;
  /**
   * Ends all lanes; resolves when each has returned.
   *
   * @throws {Error} If one has not returned in time
   */
  stop(): Promise<void>;
}

export interface LanesOptions {
  readonly runtime: Runtime;
  readonly kernel: Kernel;
  readonly inits: readonly LaneInit[];
  readonly i32: Int32Array;
  /** Offsets of the lanes' blocks, octets. */
  readonly blocks: readonly number[];
  /** Time that lanes may take to return, ms. */
  readonly stopTimeoutMs: number;
  /** A lane has put something into its event ring. */
  readonly onNews: (lane: number) => void;
  /** The host has refused a lane something; the lane goes on. */
  readonly onTrouble: (lane: number, notice: TroubleNotice) => void;
  /** The kernel has refused a lane a call; the lane makes the plain one. */
  readonly onRefusedCall: (lane: number, notice: RefusedCallNotice) => void;
  /** A lane has turned a connection away. */
  readonly onRefused: (notice: RefusedNotice) => void;
  /** Replies to echo requests of the echo host have come. */
  readonly onPongs: (notice: PongsNotice) => void;
  /** A lane has seen something of the daemon. */
  readonly onUpstream: (notice: UpstreamNotice) => void;
  /**
   * A lane's thread has failed, so the process cannot go on. A trap is not told here, because the
   * lane then ends the process itself.
   */
  readonly onFailure: (lane: number, reason: string) => void;
}

/**
 * Starts one worker for each of `inits`; resolves when all of them serve.
 *
 * @throws {Error} If a lane cannot start
 */
export async function startLanes(options: LanesOptions): Promise<Lanes> {
  const { kernel, i32, inits, blocks } = options;
  const ended = await Promise.all(inits.map((init) => startLane(options, init)));

  function command(lane: number, order: readonly number[]): boolean {
    const init = inits[lane];
    const block = blocks[lane];
    if (init === undefined || block === undefined) return false;
    const isTaken = pushCommand(i32, block, order);
    kick(kernel, init.eventfd);
    return isTaken;
  }

  function orderAll(order: number): void {
    for (const init of inits) {
      setOrder(i32, blocks[init.index] ?? 0, order);
      kick(kernel, init.eventfd);
    }
  }

  async function stop(): Promise<void> {
    orderAll(ORDER_STOP);
    const { stopTimeoutMs } = options;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const endTimer = startRunningTimer(
      stopTimeoutMs,
      () => reject(new Error(`Cannot stop the lanes: not done in ${stopTimeoutMs} ms`)),
    );
    await Promise.race([Promise.all(ended.map((end) => end.stopped)), late]);
    endTimer();
  }

  return {
    command,
    collect: () => orderAll(ORDER_COLLECT),
    drain: () => orderAll(ORDER_DRAIN),
    networkChanged: () => orderAll(ORDER_NETWORK),
    settleWaiting: () => orderAll(ORDER_WAITING),
    stop,
  };
}

/** Starts one lane; resolves when it serves. `stopped` resolves when it has returned. */
function startLane(options: LanesOptions, init: LaneInit): Promise<{ stopped: Promise<void> }> {
  const worker = options.runtime.startLaneWorker();
  const { promise: stopped, resolve: setStopped } = Promise.withResolvers<void>();
  const { promise: ready, resolve: setReady, reject } = Promise.withResolvers<
    { stopped: Promise<void> }
  >();
  let isReady = false;

  function failed(reason: string): void {
    if (isReady) options.onFailure(init.index, reason);
    else reject(new Error(`Cannot start lane ${init.index}: ${reason}`));
  }

  function hear(notice: LaneNotice): void {
    switch (notice.kind) {
      case "ready":
        isReady = true;
        setReady({ stopped });
        return;
      case "news":
        options.onNews(init.index);
        return;
      case "trouble":
        options.onTrouble(init.index, notice);
        return;
      case "refused":
        options.onRefused(notice);
        return;
      case "refused_call":
        options.onRefusedCall(init.index, notice);
        return;
      case "upstream":
        options.onUpstream(notice);
        return;
      case "pongs":
        options.onPongs(notice);
        return;
      case "stopped":
        setStopped();
        return;
      case "failed":
        failed(notice.reason);
        return;
    }
  }

  worker.onmessage = (event: MessageEvent<LaneNotice>) => hear(event.data);
  worker.onerror = (event) => {
    event.preventDefault();
    failed(event.message);
  };
  worker.postMessage(init);
  return ready;
}
