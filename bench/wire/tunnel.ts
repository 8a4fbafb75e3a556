// A way from the near host to the far one, as a subject of the bench.

import type { Subject } from "../lib/record.ts";
import { must, until } from "../../tests/interop/lib/process.ts";
import { type Link, OUTER, type Side } from "./link.ts";

export interface Tunnel {
  readonly subject: Subject;
  /** The far host's address at the end of this way. */
  readonly target: string;
  /** The gateway's process on each side; undefined where the kernel carries everything. */
  readonly pids: Readonly<Record<Side, number>> | undefined;
}

/** No tunnel: the veth itself, the ceiling. */
export function plainTcp(): Tunnel {
  return { subject: "plain-tcp", target: OUTER.far, pids: undefined };
}

/** Resolves when a ping has gone there and back. */
export async function expectReachable(link: Link, target: string): Promise<void> {
  const ping = link.on("near", ["ping", "-c", "1", "-W", "1", target]);
  await until(`a ping to ${target}`, 20_000, () => must(ping).then(() => true, () => undefined));
}
