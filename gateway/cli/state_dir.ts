// The state directory of commands that work on it without a gateway.

import { docOf, flagOf, type SettingName, variableOf } from "../config/settings.ts";
import { readEnvironment, readFlags } from "../config/sources.ts";
import type { CommandContext, Flag } from "./command.ts";

const STATE_DIR: SettingName = "stateDir";

/** `--state-dir`, as `serve` has it. */
export const STATE_DIR_FLAG: Flag = { name: flagOf(STATE_DIR), ...docOf(STATE_DIR) };

/** What the flag or the environment names; null for the usual place. */
export function stateDirOf({ runtime, flags }: CommandContext): string | null {
  const variable = variableOf(STATE_DIR);
  // Other variables of the environment are for `serve`, so bad values there do not matter.
  const variables = Object.entries(runtime.env()).filter(([name]) => name === variable);
  return readFlags({ [flagOf(STATE_DIR)]: flags[flagOf(STATE_DIR)] }).settings.stateDir ??
    readEnvironment(Object.fromEntries(variables)).settings.stateDir ?? null;
}
