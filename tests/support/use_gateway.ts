// One gateway for all tests of a `describe`. It starts before them, has no connection left after
// each, and stops cleanly after all.

import { equal, ok } from "node:assert/strict";
import { after, afterEach } from "node:test";
import { type Gateway, startGateway, type StartOptions, stopCleanly } from "./gateway.ts";
import { type IkeDaemon, openIkeDaemon } from "./ike_daemon.ts";
import { readMetrics, type Samples } from "./metrics.ts";
import { prepare } from "./scenario.ts";
import { settle } from "./wait.ts";

/** Registers the hooks. Call it inside `describe`, and its result inside tests. */
export function useGateway(
  args: readonly string[] | (() => readonly string[]) = [],
  options: StartOptions = {},
): () => Gateway {
  let gateway: Gateway | undefined;
  prepare(async () => {
    gateway = await startGateway(typeof args === "function" ? args() : args, options);
  });
  afterEach(async () => {
    if (gateway !== undefined) await closeAll(gateway);
  });
  after(async () => {
    await stopCleanly(gateway);
  });

  return () => {
    ok(gateway !== undefined, "the gateway runs");
    return gateway;
  };
}

/** The same with a daemon behind it. */
export function useGatewayWithDaemon(
  args: readonly string[] = [],
): { readonly gateway: () => Gateway; readonly daemon: () => IkeDaemon } {
  let daemon: IkeDaemon | undefined;
  const open = (): IkeDaemon => {
    ok(daemon !== undefined, "the daemon runs");
    return daemon;
  };
  prepare(async () => {
    daemon = await openIkeDaemon();
  });
  const gateway = useGateway(() => ["--upstream", `127.0.0.1:${open().port}`, ...args]);
  after(() => daemon?.close());
  return { gateway, daemon: open };
}

/**
 * Ends every connection and waits until the gateway has counted it, so that no test counts the
 * connections of the one before.
 */
export async function closeAll(gateway: Gateway): Promise<void> {
  gateway.closeConnections();
  if (!gateway.program.isRunning()) return;
  const open = await settle(async () => liveConnections(await readMetrics(gateway.api)), isNone);
  equal(open, 0, "connections are left");
}

/** Connections in all states. */
function liveConnections(samples: Samples): number {
  let live = 0;
  for (const [key, value] of samples) if (key.startsWith("culvert_connections{")) live += value;
  return live;
}

function isNone(count: number): boolean {
  return count === 0;
}
