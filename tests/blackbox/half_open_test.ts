// Clients that come back while their old connections stay half open. Each case has two network
// namespaces of its own. Without the right to make one, all are skipped.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./half_open_program.ts";

testInNamespace(new URL("./half_open_program.ts", import.meta.url), CASES);
