// Two hosts on one machine: the bench's own network namespace and a second one, joined by a veth.
//
//     near 10.98.0.1 ------------ veth, MTU 1500 ------------ 10.98.0.2 far

import type { Running } from "../../tests/interop/lib/process.ts";
import { must, script, start, until } from "../../tests/interop/lib/process.ts";

export type Side = "near" | "far";
export const SIDES: readonly Side[] = ["near", "far"];

/** Addresses of the veth's ends. */
export const OUTER: Readonly<Record<Side, string>> = { near: "10.98.0.1", far: "10.98.0.2" };

export interface Link {
  /** The command line that runs `command` on that side. */
  on(side: Side, command: readonly string[]): readonly string[];
  /** Starts a program on that side. It ends with the link. */
  start(side: Side, command: readonly string[], env?: Readonly<Record<string, string>>): Running;
  /** Ends all programs, the last one first, and then the second namespace. */
  close(): Promise<void>;
}

/** Joins the bench's own namespace and that of `holder`. */
export type LayLink = (holder: Running, on: Link["on"]) => Promise<void>;

/**
 * Creates the second namespace and joins it, by a veth unless `lay` does it otherwise. The bench
 * must already run in a namespace of its own.
 */
export async function openLink(lay: LayLink = layVeth): Promise<Link> {
  const holder = start("far", ["unshare", "--net", "sleep", "infinity"]);
  const net = `/proc/${holder.pid}/ns/net`;
  const on = (side: Side, command: readonly string[]): readonly string[] =>
    side === "near" ? command : ["nsenter", `--net=${net}`, ...command];
  const started = [holder];

  async function close(): Promise<void> {
    for (const program of started.toReversed()) await program.stop("SIGTERM", STOP_MS);
  }

  try {
    await until("the far namespace", 5000, () => isApart(holder));
    await lay(holder, on);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    on,
    start(side, command, env): Running {
      const program = start(`${command[0]} ${side}`, on(side, command), env);
      started.push(program);
      return program;
    },
    close,
  };
}

async function layVeth(holder: Running, on: Link["on"]): Promise<void> {
  await script(`
    ip link add near type veth peer name far netns ${holder.pid}
    ip addr add ${OUTER.near}/24 dev near
    ip link set near up
  `);
  await must(on("far", ["ip", "addr", "add", `${OUTER.far}/24`, "dev", "far"]));
  for (const device of ["lo", "far"]) {
    await must(on("far", ["ip", "link", "set", device, "up"]));
  }
}

/** Whether the program has left the bench's own namespace. */
async function isApart({ pid }: Running): Promise<true | undefined> {
  const own = await must(["readlink", "/proc/self/ns/net"]);
  return own === await must(["readlink", `/proc/${pid}/ns/net`]) ? undefined : true;
}

const STOP_MS = 5000;
