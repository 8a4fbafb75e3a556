// The end of a gateway: drain, stop the lanes, wipe the keys.

import type { GatewayConfig } from "../config/types.ts";
import { startRunningTimer } from "../linux/running_timer.ts";
import type { LogFields } from "../model/event.ts";
import type { Gateway } from "../model/gateway.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { Drain } from "./drain.ts";
import type { Ike } from "./ike.ts";
import type { Lanes } from "./lanes.ts";
import type { Machine } from "./machine.ts";
import type { SaChanges } from "./sa_changes.ts";
import type { Sad } from "./sad.ts";

/** Time between two looks at the drain, ms. */
const POLL_MS = 10;

/** Time for lanes to reset their connections after the drain's timeout, ms. */
const GRACE_MS = 500;

/** The parts of the gateway that have to end. */
export interface StopOptions {
  readonly machine: Machine;
  readonly config: GatewayConfig;
  readonly gateway: Pick<Gateway, "removeSa">;
  readonly drain: Pick<Drain, "start">;
  readonly changes: Pick<SaChanges, "close">;
  readonly rows: Pick<ConnectionRows, "states">;
  readonly lanes: Lanes;
  /** Undefined if IKE is not inside. */
  readonly ike: Pick<Ike, "stop"> | undefined;
  readonly sad: Sad;
}

/** Makes what ends the gateway. Called again, it does nothing. */
export function createStop(
  options: StopOptions,
  { finish, failed }: {
    readonly finish: (code: number) => void;
    readonly failed: (event: string, fields: LogFields) => void;
  },
): () => void {
  let isStopping = false;
  return (): void => {
    if (isStopping) return;
    isStopping = true;
    stopGateway(options).then(
      () => finish(0),
      (error: unknown) =>
        failed("stop_failed", { reason: error instanceof Error ? error.message : String(error) }),
    );
  };
}

/**
 * Ends a gateway; resolves when its lanes have returned and no key is left.
 *
 * @throws {Error} If a lane does not return in time. The core's keys then end with the process
 */
export async function stopGateway(options: StopOptions): Promise<void> {
  const { machine, config, drain, rows, lanes } = options;
  await drain.start();
  let isLate = false;
  const endTimer = startRunningTimer(config.drainTimeoutMs + GRACE_MS, () => void (isLate = true));
  while (!isLate && hasAny(rows.states())) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  endTimer();
  // The API answers until after the end.
  options.changes.close();
  try {
    await Promise.all([lanes.stop(), options.ike?.stop()]);
    endSas(options);
  } finally {
    // Even if a lane is late: it holds the library's lock for one call at most.
    machine.native?.close();
  }
}

/**
 * Removes all SAs. No lane may run: one could hold the SAD's lock, and the core would wait for it.
 */
function endSas({ machine, gateway, sad }: StopOptions): void {
  try {
    // One by one, because each takes its routes with it: the device may stay.
    for (const { id } of sad.views()) gateway.removeSa(id);
  } finally {
    machine.core.core_wipe_all();
  }
}

function hasAny(items: Iterable<number>): boolean {
  for (const _ of items) return true;
  return false;
}
