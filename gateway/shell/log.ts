// The log: one line an event, as text or JSON, to standard error. Names that a peer can cause are rate-limited, and say how many lines
// they have held back.

import type { LogFields } from "../model/event.ts";
import type { LogLevel } from "../model/log_level.ts";
import { type LogFormat, logLine } from "../model/log_line.ts";

/** A log. `level` and `event` first; the fields never hold key material. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly write: (line: string) => void;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly date: () => Date;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Lines of one event name in one window. */
const LINES_MAX = 20;
const WINDOW_MS = 1000;

/** The audit log, of changes that were asked for through the API: at every level. No peer can cause a line of it. */
const AUDIT: readonly string[] = ["api_change", "api_refused"];

/** Lines of those who may ask: none is held back. Who may not could fill the disk with theirs. */
const UNLIMITED: readonly string[] = ["api_change"];

interface Window {
  startedAt: number;
  lines: number;
  suppressed: number;
}

/** Makes the log of a process. */
export function createLog(options: LogOptions): Log {
  const windows = new Map<string, Window>();

  /** How many events were held back before this line, those behind it counted; -1 if it is held back too. */
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
    // An event may stand for others that its lane has held back.
    const suppressed = UNLIMITED.includes(event) ? 0 : admit(event, Number(fields.suppressed ?? 0));
    if (suppressed < 0) return;
    const all = suppressed > 0 ? { ...fields, suppressed } : fields;
    const line = { level, at: options.date().toISOString(), event, fields: all };
    options.write(logLine(options.format, line));
  }

  return log;
}
