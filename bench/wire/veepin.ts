// veepin at both ends, if it is available. You provide the program that starts it, because it has a
// configuration of its own.

import process from "node:process";
import type { Running } from "../../tests/interop/lib/process.ts";
import { type Link, OUTER, type Side } from "./link.ts";
import { expectReachable, type Tunnel } from "./tunnel.ts";

/**
 * Environment variable that names a program. The program takes `responder|initiator OUTER
 * OTHER_OUTER INNER OTHER_INNER` and becomes (exec) veepin in the foreground.
 */
export const VEEPIN_VARIABLE = "CULVERT_BENCH_VEEPIN";

export function veepinProgram(): string | undefined {
  return process.env[VEEPIN_VARIABLE];
}

/** Starts both ends. Resolves when packets get through. */
export async function openVeepin(link: Link, program: string): Promise<Tunnel> {
  const begin = (role: string, side: Side, other: Side): Running => {
    const command = [program, role, OUTER[side], OUTER[other], INNER[side], INNER[other]];
    return link.start(side, command);
  };
  const far = begin("responder", "far", "near");
  const near = begin("initiator", "near", "far");
  await expectReachable(link, INNER.far);

  return {
    subject: "veepin",
    target: INNER.far,
    pids: { near: near.pid, far: far.pid },
  };
}

const INNER: Readonly<Record<Side, string>> = { near: "10.95.0.2", far: "10.95.0.1" };
