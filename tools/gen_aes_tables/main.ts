/**
 * Prints `wasm-core/src/aead/simd/tables.rs`: `deno run tools/gen_aes_tables/main.ts`.
 */

import { stdout } from "node:process";
import { emitRust } from "./emit.ts";

stdout.write(emitRust());
