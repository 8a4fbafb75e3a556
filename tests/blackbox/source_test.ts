// The gateway's own address towards the daemon, each case in a network namespace of its own.
// Without the right to make one, all are skipped.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./source_program.ts";

testInNamespace(new URL("./source_program.ts", import.meta.url), CASES);
