// The flags of `serve`: the settings, and the file they may stand in.

import { docOf, flagOf, SETTING_NAMES } from "../config/settings.ts";
import type { Flag } from "./command.ts";

/** As {@link SETTING_NAMES} has them, after `--config`. */
export const SERVE_FLAGS: readonly Flag[] = [
  { name: "config", value: "FILE", help: "TOML file with settings" },
  ...SETTING_NAMES.map((name) => ({ name: flagOf(name), ...docOf(name) })),
];
