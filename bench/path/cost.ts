// Processor time that a process has used so far.

import { readdirSync, readFileSync } from "node:fs";

/**
 * Processor time of all threads of a process, user and system, in seconds.
 *
 * It comes from `schedstat`, which counts nanoseconds. `/proc/PID/stat` counts in ticks of 10 ms, a
 * large part of a short run.
 */
export function cpuSeconds(pid: number): number {
  return [...threadSeconds(pid).values()].reduce((sum, seconds) => sum + seconds, 0);
}

/** The same for each thread. */
export function threadSeconds(pid: number): Map<number, number> {
  return new Map(
    readdirSync(`/proc/${pid}/task`).flatMap((task): [number, number][] => {
      const onCpu = readOnCpu(`/proc/${pid}/task/${task}/schedstat`);
      return onCpu === undefined ? [] : [[Number(task), onCpu / 1e9]];
    }),
  );
}

/**
 * Nanoseconds of a thread; undefined if it has ended since it was listed. Compiler threads of the
 * engine do that.
 */
function readOnCpu(path: string): number | undefined {
  try {
    return Number(readFileSync(path, "utf8").split(" ")[0]);
  } catch (error) {
    // If the thread ends between open and read, the read fails with ESRCH.
    if (error instanceof Error && /ENOENT|ESRCH/.test(error.message)) return undefined;
    throw error;
  }
}

/** Duration of a run, and processor time of the subject. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Runs `run` and measures its duration and the processor time of process `pid`. */
export function timed(pid: number, run: () => void): Cost {
  const cpu = cpuSeconds(pid);
  const start = performance.now();
  run();
  const seconds = (performance.now() - start) / 1000;
  return { seconds, cpuSeconds: cpuSeconds(pid) - cpu };
}
