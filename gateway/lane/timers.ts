// Deadlines of one lane: a binary heap of (due time, connection row). A row has one entry at most,
// whose place is known. An entry is a hint. If a deadline moves later, its entry stays, and the
// owner arms the timer again when it wakes early. So the hot path never touches the heap.

/** The deadlines of one lane. */
export interface Timers {
  /** Sets the time at which `row` wakes, monotonic ms. It replaces an earlier one. */
  arm(row: number, dueAt: number): void;
  /** Removes the entry of `row`. */
  disarm(row: number): void;
  /** Returns the row of the next entry that is due at `now`, or -1. The entry is gone then. */
  nextDue(now: number): number;
  /**
   * Returns the time until the next entry for `epoll_wait`, in whole ms, rounded up; -1 without
   * one.
   */
  waitMs(now: number): number;
}

/** Makes an empty set of deadlines for rows up to `rowMax`. */
export function createTimers(rowMax: number): Timers {
  const { due, rows, places, fill } = createHeap(rowMax);

  function arm(row: number, dueAt: number): void {
    const at = places[row] ?? -1;
    fill(at === -1 ? due.length : at, dueAt, row);
  }

  function disarm(row: number): void {
    const at = places[row] ?? -1;
    if (at === -1) return;
    places[row] = -1;
    const dueAt = due.pop() ?? Infinity;
    const last = rows.pop() ?? -1;
    if (last !== row) fill(at, dueAt, last);
  }

  function nextDue(now: number): number {
    const row = rows[0];
    if (row === undefined || (due[0] ?? Infinity) > now) return -1;
    disarm(row);
    return row;
  }

  function waitMs(now: number): number {
    const first = due[0];
    if (first === undefined) return -1;
    return Math.min(Math.max(Math.ceil(first - now), 0), 0x7fffffff);
  }

  return { arm, disarm, nextDue, waitMs };
}

interface Heap {
  /** Due times by place. The first to come due is in front. */
  readonly due: number[];
  readonly rows: number[];
  /** Place of each row's entry; -1 without one. */
  readonly places: Int32Array;
  /** Puts an entry into the gap at `at`, or where the gap has to move. */
  fill(at: number, dueAt: number, row: number): void;
}

function createHeap(rowMax: number): Heap {
  const due: number[] = [];
  const rows: number[] = [];
  const places = new Int32Array(rowMax + 1).fill(-1);

  function place(at: number, dueAt: number, row: number): void {
    due[at] = dueAt;
    rows[at] = row;
    places[row] = at;
  }

  function dueOf(at: number): number {
    return due[at] ?? Infinity;
  }

  function rowOf(at: number): number {
    return rows[at] ?? -1;
  }

  /** Moves the gap at `at` up, as far as an entry that is due at `dueAt` may stand. */
  function raise(at: number, dueAt: number): number {
    let gap = at;
    while (gap > 0) {
      const parent = (gap - 1) >> 1;
      if (dueOf(parent) <= dueAt) break;
      place(gap, dueOf(parent), rowOf(parent));
      gap = parent;
    }
    return gap;
  }

  /** Moves the gap at `at` down, as far as it has to be. */
  function sink(at: number, dueAt: number): number {
    let gap = at;
    for (let child = 2 * gap + 1; child < due.length; child = 2 * gap + 1) {
      if (dueOf(child + 1) < dueOf(child)) child++;
      if (dueOf(child) >= dueAt) break;
      place(gap, dueOf(child), rowOf(child));
      gap = child;
    }
    return gap;
  }

  function fill(at: number, dueAt: number, row: number): void {
    place(sink(raise(at, dueAt), dueAt), dueAt, row);
  }

  return { due, rows, places, fill };
}
