// `--only` with a text that no case has in its name.

import { NO_CASE_CODE, noCaseError } from "../../gateway/cli/bench.ts";
import type { BenchOptions } from "./report.ts";

/**
 * The exit code where `--if-any` asks for no more: of several suites, one with such a case is enough.
 *
 * @throws {ConfigError} Without `--if-any`
 */
export function noCase({ only, isNoneAllowed }: BenchOptions): number {
  if (isNoneAllowed) return NO_CASE_CODE;
  throw noCaseError(only);
}
