// Lines of the log, as text or JSON. The shell writes them; so does a thread that has to end the
// process.

import type { GatewayEvent } from "./event.ts";

export const LOG_FORMATS = ["text", "json"] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

/** Makes the line of an event, with the newline at its end. */
export function logLine(format: LogFormat, event: GatewayEvent): string {
  const entries = Object.entries(event.fields).map(([name, value]) => [name, bounded(value)]);
  const short = { ...event, fields: Object.fromEntries(entries) };
  return format === "json" ? json(short) : text(short);
}

/** A reason may come from elsewhere (the system, a library), and may be of any length. */
function bounded(value: GatewayEvent["fields"][string]): GatewayEvent["fields"][string] {
  if (typeof value !== "string" || value.length <= TEXT_LEN_MAX) return value;
  return `${value.slice(0, TEXT_LEN_MAX)}…`;
}

/** Characters of one text in a line. */
const TEXT_LEN_MAX = 4096;

function json({ level, at, event, fields }: GatewayEvent): string {
  return `${JSON.stringify({ level, at, event, ...fields })}\n`;
}

function text({ level, at, event, fields }: GatewayEvent): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${word(value)}`);
  return `${[at, level.padEnd(5), event, ...words].join(" ")}\n`;
}

/** A value of the text form, quoted where it would not read as one word. */
function word(value: string | number | boolean | null): string {
  const plain = String(value);
  return /^[\w.:/[\]@%+-]+$/.test(plain) ? plain : JSON.stringify(plain);
}
