// Shows the state of a running gateway once, or again and again with --watch; as a table, or as the
// API's JSON with --json.

import { once } from "node:events";
import { type CommandContext, type Flag, JSON_FLAG } from "./command.ts";

/** One look at the gateway. */
export interface Look {
  /** The API's answer. */
  readonly answer: unknown;
  /** The same as lines for people. */
  readonly table: string;
}

/** The flag of commands that can repeat. */
export const WATCH_FLAG: Flag = {
  name: "watch",
  value: undefined,
  help: "repeat every 2 seconds until Ctrl-C",
};

/** Flags of the commands that show something. */
export const SHOW_FLAGS: readonly Flag[] = [JSON_FLAG, WATCH_FLAG];

const WATCH_MS = 2000;

/**
 * Prints what `look` sees, once or until it is stopped. The result is the exit code. If the reader
 * of the output goes away, that is a clean end, as Ctrl-C is.
 *
 * @throws {Error} If a look fails, be it the first or a later one
 */
export async function show(context: CommandContext, look: () => Promise<Look>): Promise<number> {
  const { runtime, flags, clock } = context;
  const isJson = flags[JSON_FLAG.name] === true;
  const text = ({ answer, table }: Look): string => isJson ? `${JSON.stringify(answer)}\n` : table;
  if (flags[WATCH_FLAG.name] !== true) {
    await runtime.stdout(text(await look()));
    return 0;
  }
  const ending = new AbortController();
  const ended = once(ending.signal, "abort").then(() => false);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    runtime.onSignal(signal, () => ending.abort());
  }
  const isScreen = runtime.isTerminal && !isJson;
  while (!ending.signal.aborted) {
    const seen = text(await look());
    const printed = runtime.stdout(isScreen ? screen(seen, runtime.rows()) : seen);
    // A reader that is stuck must not keep Ctrl-C waiting.
    if (!await Promise.race([printed, ended])) break;
    await clock.sleep(WATCH_MS, ending.signal);
  }
  return 0;
}

/**
 * Overwrites the screen line by line, so that nothing flickers. The last row stays free for the
 * cursor.
 */
function screen(text: string, rows: number): string {
  const lines = text.trimEnd().split("\n");
  const room = Math.max(rows - 1, 1);
  const shown = lines.length <= room
    ? lines
    : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`];
  return `${HOME}${shown.map((line) => `${line}${TO_LINE_END}\n`).join("")}${TO_SCREEN_END}`;
}

/**
 * ECMA-48: moves the cursor home; erases to the end of the line; erases to the end of the screen.
 */
const HOME = "\u001b[H";
const TO_LINE_END = "\u001b[K";
const TO_SCREEN_END = "\u001b[J";
