// The program: the runtime that runs this, and the command it was given.

import { runCli } from "./cli/main_cli.ts";
import { runtime } from "./runtime/mod.ts";

runtime.exit(await runCli(runtime));
