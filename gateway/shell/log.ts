// The log: one line for each event, as text or JSON, to standard error. Events that a peer can
// cause are rate-limited by name, and the next line says how many were held back.

import type { LogFields } from "../model/event.ts";
import type { LogLevel } from "../model/log_level.ts";
import { type LogFormat, logLine } from "../model/log_line.ts";

/** Writes one line. `event` is a fixed name in snake_case; `fields` never hold key material. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

export interface LogOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Gets each line with its end. It must neither wait nor throw. */
  readonly write: (line: string) => void;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly date: () => Date;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Lines of one event name in one window, and the length of the window, ms. */
const LINES_MAX = 20;
const WINDOW_MS = 1000;

/**
 * Events of the audit log, which has the changes that were asked for through the API. They are
 * written at every level; no peer can cause one.
 */
const AUDIT: readonly string[] = ["api_change", "api_refused"];

/**
 * Events of which no line is held back. Only callers with permission cause them; a caller without
 * it could fill the disk with `api_refused`.
 */
const UNLIMITED: readonly string[] = ["api_change"];

interface Window {
  startedAt: number;
  lines: number;
  suppressed: number;
}

/** Makes the log of a process. */
export function createLog(options: LogOptions): Log {
  const windows = new Map<string, Window>();

  /**
   * Counts one event. Returns how many suppressed events this line reports, including `behind`; -1
   * if it is suppressed too.
   *
   * @param behind Events for which this one stands already
   */
  function admit(event: string, behind: number): number {
    const now = options.now();
    const window = windows.get(event) ?? { startedAt: now, lines: 0, suppressed: 0 };
    windows.set(event, window);
    if (now - window.startedAt >= WINDOW_MS) {
      window.startedAt = now;
      window.lines = 0;
    }
    if (window.lines >= LINES_MAX) {
      window.suppressed += 1 + behind;
      return -1;
    }
    window.lines++;
    const suppressed = window.suppressed + behind;
    window.suppressed = 0;
    return suppressed;
  }

  function log(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (RANK[level] < RANK[options.level] && !AUDIT.includes(event)) return;
    // An event may stand for others that its lane has held back already.
    const suppressed = UNLIMITED.includes(event) ? 0 : admit(event, Number(fields.suppressed ?? 0));
    if (suppressed < 0) return;
    const all = suppressed > 0 ? { ...fields, suppressed } : fields;
    const line = { level, at: options.date().toISOString(), event, fields: all };
    options.write(logLine(options.format, line));
  }

  return log;
}
