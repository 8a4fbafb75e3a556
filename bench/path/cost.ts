// What a process has cost so far.

import { readdirSync, readFileSync } from "node:fs";

/**
 * Processor time of all threads of a process, user and system, in seconds.
 *
 * From `schedstat`, to the nanosecond: `/proc/PID/stat` counts in ticks of 10 ms, which is much of a short run.
 */
export function cpuSeconds(pid: number): number {
  return [...threadSeconds(pid).values()].reduce((sum, seconds) => sum + seconds, 0);
}

/** The same, thread by thread. */
export function threadSeconds(pid: number): Map<number, number> {
  return new Map(
    readdirSync(`/proc/${pid}/task`).flatMap((task): [number, number][] => {
      const onCpu = readOnCpu(`/proc/${pid}/task/${task}/schedstat`);
      return onCpu === undefined ? [] : [[Number(task), onCpu / 1e9]];
    }),
  );
}

/** Nanoseconds; undefined of a thread that has ended since it was listed, as those do that have compiled something. */
function readOnCpu(path: string): number | undefined {
  try {
    return Number(readFileSync(path, "utf8").split(" ")[0]);
  } catch (error) {
    // Between its open and its read the thread is ESRCH.
    if (error instanceof Error && /ENOENT|ESRCH/.test(error.message)) return undefined;
    throw error;
  }
}

/** What a run took, by the clock and of the subject's processor. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Times `run`, and what it costs the process `pid`. */
export function timed(pid: number, run: () => void): Cost {
  const cpu = cpuSeconds(pid);
  const start = performance.now();
  run();
  const seconds = (performance.now() - start) / 1000;
  return { seconds, cpuSeconds: cpuSeconds(pid) - cpu };
}
