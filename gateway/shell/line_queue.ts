// Lines on their way to standard error. Whatever becomes of it (no room, no reader, a reader that
// is stuck), the process goes on: a line waits here, within limits, or is lost and counted. When
// lines can be written again, the first one tells how many are missing at its place.

import type { Subject } from "../model/event.ts";

/** A bounded queue of lines. */
export interface LineQueue {
  /** Adds a line with its end. It never waits and never throws; the line may be lost. */
  readonly push: (line: string) => void;
  /** The same with a line about a stranger: half of the room is not for those. */
  readonly pushOfStranger: (line: string) => void;
  /** How many lines were lost so far. */
  readonly lost: () => number;
  /** Sets how to tell of lost lines. Without it, nothing is told. */
  readonly tellLostBy: (lineOf: (count: number) => string) => void;
  /** Resolves when all lines are written, or when some were lost, at the latest after `ms`. */
  readonly settle: (ms: number) => Promise<void>;
}

/** What a queue needs. */
export interface LineQueueOptions {
  /**
   * Writes a text; resolves to how many of its octets were written, fewer if the rest cannot be
   * written. It is called again only when it has ended.
   */
  readonly write: (text: string) => Promise<number>;
  /** Waits before a write is tried again. Tests replace it. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** Makes an empty queue. */
export function createLineQueue({ write, pause = sleep }: LineQueueOptions): LineQueue {
  const state: State = { ...EMPTY, write, pause, waiting: [] };
  return {
    push: (line) => push(state, line, "other"),
    pushOfStranger: (line) => push(state, line, "stranger"),
    lost: () => state.lost,
    tellLostBy: (lineOf) => void (state.lineOf = lineOf),
    settle: (ms) => settle(state, ms),
  };
}

interface State extends Required<LineQueueOptions> {
  waiting: Item[];
  /** Octets of the lines that wait. */
  waitingLen: number;
  lost: number;
  lineOf: (count: number) => string;
  /** The last write ended within a line, so the next write begins with a line break. */
  isCut: boolean;
  isRunning: boolean;
  /** The last attempt to write all that waits. */
  attempt: Promise<boolean> | undefined;
}

function push(state: State, text: string, subject: Subject): void {
  const { waiting } = state;
  const len = lenOf(text);
  const last = waiting[waiting.length - 1];
  const gap = last?.kind === "gap" ? last : undefined;
  const part = PARTS[subject];
  const isFull = waiting.length >= part * LINES_MAX || state.waitingLen + len > part * OCTETS_MAX;
  // After a loss, newer lines are lost too until the queue moves, so that one count tells of all.
  const isShut = gap?.lostFor === subject || gap?.lostFor === "other";
  if (!isFull && !isShut) {
    waiting.push({ kind: "line", text });
    state.waitingLen += len;
  } else {
    state.lost++;
    if (gap !== undefined) waiting.pop();
    const lostFor = gap?.lostFor === "other" ? "other" : subject;
    waiting.push({ kind: "gap", count: (gap?.count ?? 0) + 1, lostFor });
  }
  if (!state.isRunning) void run(state);
}

async function run(state: State): Promise<void> {
  state.isRunning = true;
  while (state.waiting.length > 0) {
    state.attempt = writeWaiting(state);
    if (!await state.attempt) await state.pause(RETRY_MS);
  }
  state.isRunning = false;
}

/** Writes until nothing waits. Resolves to false as soon as something was lost. */
async function writeWaiting(state: State): Promise<boolean> {
  while (state.waiting.length > 0) {
    const items = state.waiting;
    state.waiting = [];
    state.waitingLen = 0;
    const texts = items.map((item) => item.kind === "line" ? item.text : state.lineOf(item.count));
    const start = state.isCut ? "\n" : "";
    const lens = texts.map(lenOf);
    const wanted = lens.reduce((sum, len) => sum + len, start.length);
    const written = await state.write(start + texts.join(""));
    if (written < wanted) {
      keepCount(state, { items, lens, written: written - start.length });
      return false;
    }
    state.isCut = false;
  }
  return true;
}

interface Failed {
  readonly items: readonly Item[];
  /** Octets of each item. */
  readonly lens: readonly number[];
  /** Octets of all items that were written; -1 if not even the end of a cut line was. */
  readonly written: number;
}

/** Counts what was not written: lines are lost now, gaps stay to be told. */
function keepCount(state: State, { items, lens, written }: Failed): void {
  let end = 0;
  let count = 0;
  for (const [at, item] of items.entries()) {
    const start = end;
    end += lens[at] ?? 0;
    if (end <= written) continue;
    count += item.kind === "line" ? 1 : item.count;
    if (item.kind === "line") state.lost++;
    if (start < written) state.isCut = true;
    else if (start === written) state.isCut = false;
  }
  const [first, ...others] = state.waiting;
  state.waiting = first?.kind === "gap"
    ? [{ ...first, count: count + first.count }, ...others]
    : [{ kind: "gap", count, lostFor: undefined }, ...state.waiting];
}

async function settle({ attempt }: State, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([attempt, late]);
  clearTimeout(timer);
}

type Item =
  | { readonly kind: "line"; readonly text: string }
  /**
   * Stands for lines that are missing here. While it is the last, it also counts the lines that are
   * lost after it: those of strangers, or all.
   */
  | { readonly kind: "gap"; readonly count: number; readonly lostFor: Subject | undefined };

/** Length in UTF-8, octets. */
function lenOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const EMPTY = {
  waitingLen: 0,
  lost: 0,
  lineOf: (): string => "",
  isCut: false,
  isRunning: false,
  attempt: undefined,
};

/** What may wait: lines, and octets of them. */
const LINES_MAX = 1024;
const OCTETS_MAX = 262_144;

/** The part of it that lines may fill. */
const PARTS: Readonly<Record<Subject, number>> = { stranger: 1 / 2, other: 1 };

/** Time before lines are tried again after a write that failed, ms. */
const RETRY_MS = 1000;
