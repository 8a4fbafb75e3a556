// Lines of the log, as text or JSON. The shell writes them; so does a thread that has to end the
// process.

import type { GatewayEvent } from "./event.ts";

export const LOG_FORMATS = ["text", "json"] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

/** Makes the line of an event, with the newline at its end. */
export function logLine(format: LogFormat, event: GatewayEvent): string {
  return format === "json" ? json(event) : text(event);
}

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
