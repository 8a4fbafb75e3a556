// Go's standard library on the same packet lengths: the AEADs of an IPsec peer written in Go. It
// runs in a process of its own, as openssl does.
//
// Where Go is installed, `deno task bench:kernels` builds the program from bench/native/go.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Sample } from "../lib/record.ts";
import type { Outsider } from "./outsider.ts";
import type { Aead, Operation } from "./workload.ts";

/** `undefined` if the program has not been built. */
export function findGo(): Outsider | undefined {
  return existsSync(PROGRAM) ? { subject: "go", measure: measureGo } : undefined;
}

/**
 * Seconds for one packet of `octets` octets; `undefined` for ChaCha20-Poly1305, which Go's standard
 * library does not have.
 */
function measureGo(aead: Aead, operation: Operation, octets: number): Sample | undefined {
  if (aead === "chacha20-poly1305") return undefined;
  const name = ["BenchmarkGCM", operation, aead, octets].map((part) => `^${part}$`).join("/");
  const flags = ["-test.run", "^$", "-test.bench", name, "-test.benchtime", "100ms"];
  const printed = execFileSync(PROGRAM, flags, { encoding: "utf8", stdio: "pipe" });
  const nanoseconds = Number(/\s([\d.]+) ns\/op/.exec(printed)?.[1]);
  if (!(nanoseconds > 0)) throw new Error(`Cannot read what Go's benchmark printed: ${printed}`);
  return { value: nanoseconds / 1e9 };
}

const PROGRAM = fileURLToPath(new URL("../../target/kernels/go.test", import.meta.url));
