// The gateway with an unbounded queue: the kernel's send buffer may grow as far as the system
// allows. Everything else is the program that users start.

import { runCli } from "../../../gateway/cli/main_cli.ts";
import { runtime } from "../../../gateway/runtime/mod.ts";
import type { Libc } from "../../../gateway/runtime/types.ts";
import { withoutLowat } from "./libc.ts";

function startLaneWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

function openLibc(): Libc {
  return withoutLowat(runtime.openLibc());
}

runtime.exit(await runCli({ ...runtime, openLibc, startLaneWorker }));
