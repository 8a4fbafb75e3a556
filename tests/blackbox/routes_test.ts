// Routes into the TUN beside everything else that a host has: its own connections, the routes and
// rules of others, and changes under way. Each case has two network namespaces of its own. Without
// the right to make one, all are skipped.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./routes_program.ts";

testInNamespace(new URL("./routes_program.ts", import.meta.url), CASES);
