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
    readdirSync(`/proc/${pid}/task`).map((task): [number, number] => {
      const [onCpu] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ");
      return [Number(task), Number(onCpu) / 1e9];
    }),
  );
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
