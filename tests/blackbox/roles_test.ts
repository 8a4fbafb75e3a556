// Ports, roles and marks of RFC 9329, each case in a network namespace of its own.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./roles_program.ts";

testInNamespace(new URL("./roles_program.ts", import.meta.url), CASES);
