// The runtime that runs this, chosen when it starts: neither table loads the other.

import type { Runtime } from "./types.ts";

export const runtime: Runtime = "Bun" in globalThis
  ? (await import("./bun.ts")).runtime
  : (await import("./deno.ts")).runtime;
