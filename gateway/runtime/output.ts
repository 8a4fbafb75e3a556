// Standard output and standard error. A write may wait for as long as it likes, because a thread of
// the runtime's own makes it: a reader that is stuck never keeps the event loop waiting.
//
// The descriptors stay blocking. O_NONBLOCK belongs to the open file, which other processes share
// (the shell of the same terminal, for one), so it is not ours to set.

import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { errorCode } from "./files.ts";
import type { Runtime } from "./types.ts";

/** One `write` to a descriptor by a thread that may wait. Resolves to the octets written. */
export type WriteOnce = (fd: 1 | 2, octets: Uint8Array<ArrayBuffer>) => Promise<number>;

/** Makes both outputs of a process. */
export function openOutputs(writeOnce: WriteOnce): Pick<Runtime, "stdout" | "stderr"> {
  let before: Promise<unknown> = Promise.resolve();
  let isGuarded = false;

  /**
   * A file that has reached the size that the process may write (RLIMIT_FSIZE) raises SIGXFSZ,
   * which would end the process. With a handler the write fails instead.
   */
  function guard(): void {
    if (!isGuarded) process.on("SIGXFSZ", () => undefined);
    isGuarded = true;
  }

  async function print(text: string): Promise<boolean> {
    guard();
    const { error } = await writeAll(writeOnce, 1, new TextEncoder().encode(text));
    if (error === undefined) return true;
    if (errorCode(error) === "EPIPE") return false;
    throw new Error(`Cannot write to standard output: ${reasonOf(error)}`, { cause: error });
  }

  return {
    stdout(text): Promise<boolean> {
      const printed = before.then(() => print(text));
      before = printed.catch(() => undefined);
      return printed;
    },
    async stderr(text): Promise<number> {
      guard();
      return (await writeAll(writeOnce, 2, new TextEncoder().encode(text))).written;
    },
  };
}

/** Writes until all is written, or until it cannot go on. */
async function writeAll(
  writeOnce: WriteOnce,
  fd: 1 | 2,
  octets: Uint8Array<ArrayBuffer>,
): Promise<{ readonly written: number; readonly error?: unknown }> {
  let written = 0;
  while (written < octets.length) {
    try {
      written += await writeOnce(fd, octets.subarray(written));
    } catch (error) {
      const code = errorCode(error);
      if (code === "EINTR") continue;
      if (code !== "EAGAIN") return { written, error };
      // Another process has made the pipe non-blocking, and it is full. Wait as a blocking one
      // would.
      await delay(PAUSE_MS);
    }
  }
  return { written };
}

function reasonOf(error: unknown): string {
  return errorCode(error) ?? (error instanceof Error ? error.message : String(error));
}

const PAUSE_MS = 10;
