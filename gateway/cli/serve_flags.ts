// The flags of `serve`: its settings, and the file that may hold them.

import { docOf, flagOf, SETTING_NAMES } from "../config/settings.ts";
import type { Flag } from "./command.ts";

/** `--config`, then the settings in the order of {@link SETTING_NAMES}. */
export const SERVE_FLAGS: readonly Flag[] = [
  { name: "config", value: "FILE", help: "TOML file with settings" },
  ...SETTING_NAMES.map((name) => ({ name: flagOf(name), ...docOf(name) })),
];
