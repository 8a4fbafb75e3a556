// The program: passes the runtime it runs on to the command line.

import { runCli } from "./cli/main_cli.ts";
import { runtime } from "./runtime/mod.ts";

runtime.exit(await runCli(runtime));
