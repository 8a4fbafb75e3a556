// Picks the table of the runtime that runs this code.
//
// Both tables are imported, without a top-level await. While a module of a Bun worker awaits, the
// worker loses the messages sent to it, the lane's first one included (Bun 1.4.5).

import { bunRuntime } from "./bun.ts";
import { denoRuntime } from "./deno.ts";
import type { Runtime } from "./types.ts";

/** The table of the runtime that runs this code. */
export const runtime: Runtime = "Bun" in globalThis ? bunRuntime() : denoRuntime();
