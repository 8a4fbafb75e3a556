// The one error of configuration: its message is the line that the user sees.

/** Where a setting came from: a flag, an environment variable or a place in a file. */
export interface Origin {
  /** `--lanes`, `CULVERT_LANES`, or the path of a file as it was given. */
  readonly path: string;
  /** Line in the file, from 1; undefined for flags and variables. */
  readonly line?: number;
}

/** A setting that cannot be used. The message is one line and names flag, variable or file and line; never a key's value. */
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

/** `--lanes`, `culvert.toml:7`. */
export function originText(origin: Origin): string {
  return origin.line === undefined ? origin.path : `${origin.path}:${origin.line}`;
}

/**
 * A name of the user's that no table knows, safe to repeat in a message.
 *
 * Keying material put in the place of a name is at least 40 hex digits: what is longer than any name of ours stays out.
 */
export function nameText(name: string): string {
  return /^[\w.-]{1,32}$/.test(name) ? `"${name}"` : "(not a name)";
}
