// How a bench program ends: with its exit code, or with one line on standard error.

import { ConfigError } from "../../gateway/config/error.ts";
import { errorCode } from "../../gateway/runtime/files.ts";
import { runtime } from "../../gateway/runtime/mod.ts";

/**
 * The body of a program. It returns the exit code, or undefined to let the process end by itself.
 */
export type Main = () => Promise<number | undefined>;

/** Runs a program. */
export async function runMain(main: Main): Promise<void> {
  const code = await codeOf(main, runtime.stderr);
  if (code !== undefined) runtime.exit(code);
}

/** The exit code: 2 if the command line is wrong, 1 if the run fails. */
export async function codeOf(
  main: Main,
  complain: (text: string) => unknown,
): Promise<number | undefined> {
  try {
    return await main();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await complain(`error: ${message.split("\n")[0]}\n`);
    return _isAskedWrongly(error) ? 2 : 1;
  }
}

function _isAskedWrongly(error: unknown): boolean {
  return error instanceof ConfigError || errorCode(error)?.startsWith("ERR_PARSE_ARGS_") === true;
}
