// Deadlines of one lane: a binary heap of (due, connection row). An entry is a hint, not a promise: a deadline that moves
// later leaves its entry where it is, and whoever is woken early arms again. So the hot path never touches the heap.

/** Deadlines of one lane. */
export interface Timers {
  /** Wakes `row` at `dueAt`, monotonic ms. */
  arm(row: number, dueAt: number): void;
  /** Row of the next entry that is due at `now`, or -1. The entry is gone after that. */
  nextDue(now: number): number;
  /** Whole milliseconds to the next entry for `epoll_wait`, rounded up; -1 without one. */
  waitMs(now: number): number;
}

/** Makes an empty set of deadlines. */
export function createTimers(): Timers {
  const due: number[] = [];
  const rows: number[] = [];

  function place(at: number, dueAt: number, row: number): void {
    due[at] = dueAt;
    rows[at] = row;
  }

  function dueOf(at: number): number {
    return due[at] ?? Infinity;
  }

  function rowOf(at: number): number {
    return rows[at] ?? -1;
  }

  function arm(row: number, dueAt: number): void {
    let at = due.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (dueOf(parent) <= dueAt) break;
      place(at, dueOf(parent), rowOf(parent));
      at = parent;
    }
    place(at, dueAt, row);
  }

  function removeFirst(): void {
    const dueAt = due.pop() ?? Infinity;
    const row = rows.pop() ?? -1;
    const len = due.length;
    if (len === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= len) break;
      if (dueOf(child + 1) < dueOf(child)) child++;
      if (dueOf(child) >= dueAt) break;
      place(at, dueOf(child), rowOf(child));
      at = child;
    }
    place(at, dueAt, row);
  }

  function nextDue(now: number): number {
    if (dueOf(0) > now) return -1;
    const row = rowOf(0);
    removeFirst();
    return row;
  }

  function waitMs(now: number): number {
    if (due.length === 0) return -1;
    return Math.min(Math.max(Math.ceil(dueOf(0) - now), 0), 0x7fffffff);
  }

  return { arm, nextDue, waitMs };
}
