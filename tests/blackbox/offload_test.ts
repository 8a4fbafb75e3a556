// A TUN device that takes packets of many segments, each case in a network namespace of its own.
// Without the right to make one, all are skipped.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./offload_program.ts";

testInNamespace(new URL("./offload_program.ts", import.meta.url), CASES);
