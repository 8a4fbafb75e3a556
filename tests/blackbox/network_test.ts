// The host's network changes under a running gateway, and has things of others in it. Each case has
// two network namespaces of its own. Without the right to make one, all are skipped.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./network_program.ts";

testInNamespace(new URL("./network_program.ts", import.meta.url), CASES);
