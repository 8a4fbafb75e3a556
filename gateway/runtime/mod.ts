// The runtime that runs this.
//
// Both tables are imported as they are, and without a top-level await: a worker of Bun loses the messages that reach it while a
// module of its is waiting (Bun 1.4.5), the lane's first one among them.

import { bunRuntime } from "./bun.ts";
import { denoRuntime } from "./deno.ts";
import type { Runtime } from "./types.ts";

export const runtime: Runtime = "Bun" in globalThis ? bunRuntime() : denoRuntime();
