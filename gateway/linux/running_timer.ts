// Timers that count the time in which the process has run. After a pause of the process (a signal,
// the freezer, a debugger) an ordinary timer is due at once, before the news of those that it waits
// for has been heard.

/** The step in which running time is counted, ms. */
const TICK_MS = 50;

/**
 * Calls `late` once the process has run for `ms`. A pause counts as one step, however long it is.
 *
 * @returns Ends the timer
 */
export function startRunningTimer(ms: number, late: () => void): () => void {
  const tickMs = Math.min(TICK_MS, ms);
  let ticks = Math.ceil(ms / tickMs);
  const timer = setInterval(() => {
    ticks--;
    if (ticks > 0) return;
    clearInterval(timer);
    late();
  }, tickMs);
  return () => clearInterval(timer);
}
