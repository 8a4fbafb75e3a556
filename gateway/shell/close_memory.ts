// The memory of the process is closed to debuggers and core dumps: keys are in it.

import { forbidDebugger, forbidDumps } from "../linux/dumps.ts";
import type { Runtime } from "../runtime/types.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";

/**
 * Keeps dumps and debuggers from the memory. The token and the keys of the file are there already;
 * libc, which this needs, is not there earlier.
 */
export function closeMemory(
  { runtime, log }: { readonly runtime: Runtime; readonly log: Log },
  { kernel }: Pick<Machine, "kernel">,
): void {
  if (isDumpable(runtime) || !forbidDumps(kernel.libc)) log("warn", "memory_open_to_debuggers");
  if (!isDumpable(runtime)) forbidDebugger(kernel.libc);
}

/** Whether its user wants a debugger or a core dump. */
function isDumpable(runtime: Runtime): boolean {
  return runtime.env()["CULVERT_DUMPABLE"] === "1";
}
