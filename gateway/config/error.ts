// The error of a wrong configuration. Its message is the line that the user sees.

/** Where a setting came from: a flag, an environment variable or a place in a file. */
export interface Origin {
  /** `--lanes`, `CULVERT_LANES`, or the path of a file as the user gave it. */
  readonly path: string;
  /** The line in the file, from 1. Undefined for flags and variables. */
  readonly line?: number;
}

/**
 * A setting that cannot be used. The message is one line, which names the flag, the variable, or
 * the file and line. It never has the value of a key.
 */
export class ConfigError extends RangeError {
  override readonly name = "ConfigError";
  readonly path: string;
  readonly line: number | undefined;

  constructor(origin: Origin, problem: string, options?: ErrorOptions) {
    super(`${originText(origin)}: ${problem}`, options);
    this.path = origin.path;
    this.line = origin.line;
  }
}

/** Formats an origin: `--lanes`, `culvert.toml:7`. */
export function originText(origin: Origin): string {
  return origin.line === undefined ? origin.path : `${origin.path}:${origin.line}`;
}

/**
 * A name that the user wrote and no table knows, made safe to repeat in a message.
 *
 * Keying material may stand where a name should. It has at least 40 hex digits, so anything longer
 * than our own names is left out.
 */
export function nameText(name: string): string {
  return /^[\w.-]{1,32}$/.test(name) ? `"${name}"` : "(not a name)";
}
