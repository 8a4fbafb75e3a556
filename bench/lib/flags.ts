// Values of command-line flags.

import { ConfigError } from "../../gateway/config/error.ts";

/**
 * Parses a whole number; `text` is the value given to `--name`.
 *
 * @throws {ConfigError} If it is not a whole number or is out of range
 */
export function wholeFlag(
  name: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max?: number },
): number {
  const value = /^\d{1,15}$/.test(text ?? "") ? Number(text) : NaN;
  if (value >= min && value <= (max ?? Infinity)) return value;
  const range = max === undefined ? `of ${min} or more` : `from ${min} to ${max}`;
  throw new ConfigError({ path: `--${name}` }, `must be a whole number ${range}`);
}
