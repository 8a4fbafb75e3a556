// A client with IKE and a TUN, on a host of its own. Without the right to make a namespace, all
// cases are skipped.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./tunnel_program.ts";

testInNamespace(new URL("./tunnel_program.ts", import.meta.url), CASES);
