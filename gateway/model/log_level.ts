// Levels of events, by how much attention they ask for.

/** From the least to the most. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];
