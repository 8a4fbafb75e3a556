// Three hosts on one machine, each a network namespace. The test runs on the first, which is the
// client's and the daemon's host; the gateway runs on the second, with a router in between. Clients
// reach the gateway by a link of their own, so that changes on the way to the daemon leave TCP
// alone.
//
//     test 10.1.0.1, fd01::1 -- (MTU 1400) -- router -- 10.2.0.2, fd02::2 gateway
//     test 10.3.0.1 ----------------------------------- 10.3.0.2 gateway

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { ip } from "./namespace.ts";
import { settle } from "./wait.ts";

/** Addresses of the daemon's host, by family. */
export const DAEMON = { v4: "10.1.0.1", v6: "fd01::1" } as const;

/** The gateway's address for clients. */
export const GATEWAY = "10.3.0.2";

/** MTU of the link between the daemon and the router. */
export const NARROW_MTU = 1400;

/** A host. */
export interface Host {
  /** A command that runs another one on this host. */
  readonly runBy: readonly string[];
  /** Runs a command there and returns its output. */
  run(...command: readonly string[]): string;
}

export interface Hosts {
  readonly router: Host;
  readonly gateway: Host;
  close(): void;
}

/** Makes the hosts. The caller is in a namespace of its own. */
export async function openHosts(): Promise<Hosts> {
  const children: ChildProcess[] = [];
  const router = await openHost(children);
  const gateway = await openHost(children);
  link({ name: "narrow", pid: undefined }, { name: "narrow", pid: children[0]?.pid });
  link({ name: "wide", pid: children[0]?.pid }, { name: "wide", pid: children[1]?.pid });
  link({ name: "clients", pid: undefined }, { name: "clients", pid: children[1]?.pid });
  up(ip, "narrow", ["10.1.0.1/24", "fd01::1/64"]);
  up(ip, "clients", ["10.3.0.1/24"]);
  up(router.run.bind(undefined, "ip"), "narrow", ["10.1.0.254/24", "fd01::254/64"]);
  up(router.run.bind(undefined, "ip"), "wide", ["10.2.0.254/24", "fd02::254/64"]);
  up(gateway.run.bind(undefined, "ip"), "wide", ["10.2.0.2/24", "fd02::2/64"]);
  up(gateway.run.bind(undefined, "ip"), "clients", ["10.3.0.2/24"]);
  ip("link", "set", "narrow", "mtu", String(NARROW_MTU));
  router.run("ip", "link", "set", "narrow", "mtu", String(NARROW_MTU));
  for (const [net, via] of [["10.2.0.0/24", "10.1.0.254"], ["fd02::/64", "fd01::254"]] as const) {
    ip("route", "add", net, "via", via);
  }
  for (const [net, via] of [["10.1.0.0/24", "10.2.0.254"], ["fd01::/64", "fd02::254"]] as const) {
    gateway.run("ip", "route", "add", net, "via", via);
  }
  router.run("sh", "-c", FORWARD);
  return { router, gateway, close: () => children.forEach((child) => child.kill("SIGKILL")) };
}

const FORWARD = "echo 1 > /proc/sys/net/ipv4/ip_forward && " +
  "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding";

async function openHost(children: ChildProcess[]): Promise<Host> {
  const child = spawn("unshare", ["--net", "sleep", "120"], { stdio: "ignore" });
  children.push(child);
  const own = readlinkSync("/proc/self/ns/net");
  const space = `/proc/${child.pid}/ns/net`;
  await settle(() => readlinkSync(space), (other) => other !== own);
  const runBy = ["nsenter", `--net=${space}`];
  const run = (...command: readonly string[]): string =>
    execFileSync("nsenter", [`--net=${space}`, ...command], { encoding: "utf8" });
  run("ip", "link", "set", "lo", "up");
  return { runBy, run };
}

/** An end of a link; without a process it is on the test's own host. */
interface End {
  readonly name: string;
  readonly pid: number | undefined;
}

/** Makes a link and moves its ends to their hosts. */
function link(a: End, b: End): void {
  ip("link", "add", "end-a", "type", "veth", "peer", "name", "end-b");
  for (const [temporary, { name, pid }] of [["end-a", a], ["end-b", b]] as const) {
    if (pid === undefined) ip("link", "set", temporary, "name", name);
    else ip("link", "set", temporary, "name", name, "netns", String(pid));
  }
}

function up(run: (...args: string[]) => string, name: string, addresses: readonly string[]): void {
  run("link", "set", name, "up");
  for (const address of addresses) {
    const isV6 = address.includes(":");
    run("addr", "add", address, "dev", name, ...(isV6 ? ["nodad"] : []));
  }
}
