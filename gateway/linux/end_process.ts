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
  /** Name of the event, unless it is a trap; that of a lane by default. */
  readonly failure?: "lane_failed" | "ike_failed";
}

/** What the end needs of libc. */
type LibcOfEnd = Pick<Libc, "_exit" | "alarm" | "poll" | "write">;

/**
 * Writes one line to standard error if it takes it, and ends the process with exit code 1 whatever
 * its other threads do.
 */
export function endProcess(
  runtime: Pick<Runtime, "mapMemory">,
  libc: LibcOfEnd,
  { format, lane, error, failure = "lane_failed" }: LastWords,
): never {
  const isTrap = error instanceof WebAssembly.RuntimeError;
  const reason = error instanceof Error ? error.stack ?? error.message : String(error);
  const line = logLine(format, {
    level: "error",
    at: new Date().toISOString(),
    event: isTrap ? "core_trap" : failure,
    fields: { ...isTrap && { status: "core_trap" }, ...lane !== null && { lane }, reason },
  });
  try {
    writeNow(runtime, libc, line);
  } finally {
    libc._exit(1);
  }
  throw new Error("Cannot end the process", { cause: error });
}

/**
 * Writes a line in this thread, since no other can be relied on. It asks before each write whether
 * there is room. Another process may take that room first, and then SIGALRM ends this one.
 */
function writeNow({ mapMemory }: Pick<Runtime, "mapMemory">, libc: LibcOfEnd, line: string): void {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { at } = mapMemory(memory);
  const octets = new TextEncoder().encode(line).subarray(0, LINE_LEN_MAX);
  new Uint8Array(memory.buffer, LINE_AT).set(octets);
  // struct pollfd: i32 fd, i16 events, i16 revents.
  const view = new DataView(memory.buffer);
  view.setInt32(0, STDERR, LITTLE);
  view.setInt16(4, POLLOUT, LITTLE);
  libc.alarm(ALARM_S);
  for (let done = 0; done < octets.length;) {
    // deno-lint-ignore culvert/no-blocking-wait -- the process ends here, and nothing else must run
    if (libc.poll(at(0), 1, ROOM_MS) < 1) return;
    const written = libc.write(
      STDERR,
      at(LINE_AT + done),
      Math.min(octets.length - done, PIPE_BUF),
    );
    if (written < 1) return;
    done += written;
  }
}

const STDERR = 2;
const POLLOUT = 4;
const LITTLE = true;

/** Where the line lies in the memory, octets; the `pollfd` lies before it. */
const LINE_AT = 8;
const LINE_LEN_MAX = 65_536 - LINE_AT;

/** What a pipe that has room takes without waiting, octets (limits.h). */
const PIPE_BUF = 4096;

/** How long to wait for room, ms, and for the end, s. */
const ROOM_MS = 500;
const ALARM_S = 2;
