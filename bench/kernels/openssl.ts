// `openssl speed`: what a program in C gets from the processor's AES instructions, with no packets
// around it. It is a ceiling, not a rival.
//
// It runs in a process of its own, and only for whole seconds.

import { execFileSync } from "node:child_process";
import type { Sample } from "../lib/record.ts";
import type { Outsider } from "./outsider.ts";
import type { Aead, Operation } from "./workload.ts";

export const openssl: Outsider = { subject: "openssl", measure: measureOpenssl };

/** Seconds for one packet of `octets` octets. */
function measureOpenssl(aead: Aead, operation: Operation, octets: number): Sample {
  const direction = operation === "open" ? ["-decrypt"] : [];
  const flags = ["-mr", "-elapsed", "-seconds", "1", "-bytes", String(octets), "-aead"];
  const printed = execFileSync("openssl", ["speed", ...flags, ...direction, "-evp", aead], {
    encoding: "utf8",
    stdio: "pipe",
  });
  const rate = Number(/^\+F:\d+:[^:]+:([\d.]+)/m.exec(printed)?.[1]);
  if (!(rate > 0)) throw new Error(`Cannot read what openssl speed printed: ${printed}`);
  return { value: octets / rate };
}
