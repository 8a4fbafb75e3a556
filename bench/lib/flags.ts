// Values of flags.

import { ConfigError } from "../../gateway/config/error.ts";

/**
 * Parses a whole number; `text` is what stands behind `--name`.
 *
 * @throws {ConfigError} If it is none, or out of range
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
