// IKE between a gateway and a daemon on different hosts, each case in network namespaces of its
// own. Without the right to make them, all are skipped.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./handover_program.ts";

testInNamespace(new URL("./handover_program.ts", import.meta.url), CASES);
