// The TUN device as the inner side, each case in a network namespace of its own. Without the right
// to make one, all are skipped.

import { testInNamespace } from "../support/namespace.ts";
import { CASES } from "./tun_program.ts";

testInNamespace(new URL("./tun_program.ts", import.meta.url), CASES);
