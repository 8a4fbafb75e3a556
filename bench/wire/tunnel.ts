// A way from the near host to the far one, as a subject of the bench.

import type { Subject } from "../lib/record.ts";
import { must, until } from "../../tests/interop/lib/process.ts";
import { type Link, OUTER, type Side } from "./link.ts";

export interface Tunnel {
  readonly subject: Subject;
  /** Address of the far host behind this tunnel. */
  readonly target: string;
  /** The gateway's process on each side; undefined where the kernel does everything. */
  readonly pids: Readonly<Record<Side, number>> | undefined;
}

/** No tunnel: the veth itself, which is the ceiling. */
export function plainTcp(): Tunnel {
  return { subject: "plain-tcp", target: OUTER.far, pids: undefined };
}

/** Resolves when a ping has been answered. */
export async function expectReachable(link: Link, target: string): Promise<void> {
  const ping = link.on("near", ["ping", "-c", "1", "-W", "1", target]);
  await until(`a ping to ${target}`, 20_000, () => must(ping).then(() => true, () => undefined));
}
