// What a gateway does for its safety before it serves anybody.

import type { GatewayConfig } from "../config/types.ts";
import { forbidDebugger, forbidDumps } from "../linux/dumps.ts";
import type { Runtime } from "../runtime/types.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";

/** Descriptors that the process needs beside those of connections. */
const DESCRIPTORS_EXTRA = 64;

interface Process {
  readonly runtime: Runtime;
  readonly log: Log;
}

/**
 * Keeps dumps and debuggers from the memory. The token and the keys of the file are there already;
 * libc, which this needs, is not there earlier.
 */
export function closeMemory({ runtime, log }: Process, { kernel }: Pick<Machine, "kernel">): void {
  if (isDumpable(runtime) || !forbidDumps(kernel.libc)) log("warn", "memory_open_to_debuggers");
  if (!isDumpable(runtime)) forbidDebugger(kernel.libc);
}

/** Whether its user wants a debugger or a core dump. */
function isDumpable(runtime: Runtime): boolean {
  return runtime.env()["CULVERT_DUMPABLE"] === "1";
}

/**
 * Warns if connections may run out of descriptors. With an upstream each takes two, and as many
 * upstream sockets may be parked.
 */
export function warnAboutFiles(limit: number, config: GatewayConfig, log: Log): void {
  const perConnection = config.upstream === null ? 1 : 3;
  const wanted = config.maxConnections * perConnection + DESCRIPTORS_EXTRA;
  if (limit < wanted) log("warn", "open_files_low", { limit, wanted });
}
