// How a bench ends when no case has the text of `--only` in its name.

import { NO_CASE_CODE, noCaseError } from "../../gateway/cli/bench.ts";
import type { BenchOptions } from "./report.ts";

/**
 * The exit code for `--if-any`. A caller that runs several suites needs the case in one of them
 * only.
 *
 * @throws {ConfigError} Without `--if-any`
 */
export function noCase({ only, isNoneAllowed }: BenchOptions): number {
  if (isNoneAllowed) return NO_CASE_CODE;
  throw noCaseError(only);
}
