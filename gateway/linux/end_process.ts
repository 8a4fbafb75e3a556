// Ends a process whose shared memory can no longer be trusted. A thread that trapped may hold a
// lock on which the others, the shell included, sleep. So no thread can be asked to end in order.

import { type LogFormat, logLine } from "../model/log_line.ts";
import type { Libc, Runtime } from "../runtime/types.ts";

/** What failed, and the format of the last log line. */
export interface LastWords {
  readonly format: LogFormat;
  /** The lane that failed, or null for the shell. */
  readonly lane: number | null;
  readonly error: unknown;
}

/**
 * Writes one line to standard error, and ends the process with exit code 1 whatever its other
 * threads do.
 */
export function endProcess(
  runtime: Pick<Runtime, "stderr">,
  libc: Pick<Libc, "_exit">,
  { format, lane, error }: LastWords,
): never {
  const isTrap = error instanceof WebAssembly.RuntimeError;
  const reason = error instanceof Error ? error.stack ?? error.message : String(error);
  runtime.stderr(logLine(format, {
    level: "error",
    at: new Date().toISOString(),
    event: isTrap ? "core_trap" : "lane_failed",
    fields: { ...isTrap && { status: "CoreTrap" }, ...lane !== null && { lane }, reason },
  }));
  libc._exit(1);
  throw new Error("Cannot end the process", { cause: error });
}
