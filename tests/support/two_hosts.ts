// Two hosts for cases that run in a namespace of their own: the case's own namespace is the
// outside with everybody on it, and the gateway's host is a second namespace behind a router.
//
//     outside                              gateway's host
//     198.51.100.7 .9 .50, 192.0.2.77      (cv0 10.93.29.1)
//     203.0.113.254 ---- out0  in0 ------- 203.0.113.1, default route by .254
//
// The same for IPv6: 2001:db8:100::7 ::9, 2001:db8:2::77, 2001:db8:113::254 and ::1.

import { deepEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openApi } from "./api.ts";
import { type Gateway, startGateway, type StartOptions } from "./gateway.ts";
import { ip } from "./namespace.ts";
import type { Originator } from "./originator.ts";
import { makePeer, type Peer } from "./peers.ts";
import type { Program } from "./program.ts";
import { settle, WAIT_MS, within } from "./wait.ts";

export const GATEWAY = "203.0.113.1";
export const GATEWAY_V6 = "2001:db8:113::1";
export const CLIENT = "198.51.100.7";
export const CLIENT_V6 = "2001:db8:100::7";
export const NEIGHBOUR = "198.51.100.9";
export const NEIGHBOUR_V6 = "2001:db8:100::9";
export const DAEMON = "198.51.100.50";
export const FAR = "192.0.2.77";
export const FAR_V6 = "2001:db8:2::77";
/** Addresses of the TUN, once a case has given it any. */
export const INNER = "10.93.29.1";
export const INNER_V6 = "fd93:29::1";
const PORT = 4500;

/** The gateway's host. */
export interface GatewayHost {
  /** Put in front of a command, it runs it there. */
  readonly enter: readonly string[];
  /** Runs a command there and returns its output. */
  run(...command: readonly string[]): string;
  /** Runs `ip` there and returns its output. */
  ip(...args: readonly string[]): string;
  /** Sets a switch below /proc/sys there. */
  set(path: string, value: string): void;
  /** Whether a command there ends with 0. */
  succeeds(...command: readonly string[]): boolean;
  close(): void;
}

/** Lays the network. The case's own namespace becomes the outside. */
export async function layTwoHosts(): Promise<GatewayHost> {
  // It reads until this process ends, however that is.
  const holder = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "ignore", "ignore"] });
  const own = namespaceOf("self");
  const { pid = 0 } = holder;
  await settle(() => namespaceOf(String(pid)), (id) => id !== "" && id !== own);
  const enter = ["nsenter", `--net=/proc/${pid}/ns/net`, "--"];
  const run = (...command: readonly string[]): string => {
    const [file = "", ...args] = [...enter, ...command];
    return execFileSync(file, args, { encoding: "utf8" });
  };
  const host: GatewayHost = {
    enter,
    run,
    ip: (...args) => run("ip", ...args),
    set: (path, value) => void run("sh", "-c", `echo ${value} >/proc/sys/${path}`),
    succeeds(...command): boolean {
      const [file = "", ...args] = [...enter, ...command];
      return spawnSync(file, args, { stdio: "ignore" }).status === 0;
    },
    close: () => void holder.kill("SIGKILL"),
  };
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  ip("link", "add", "out0", "type", "veth", "peer", "name", "in0", "netns", String(pid));
  const mine: readonly (readonly [string, string])[] = [
    ["203.0.113.254/24", "out0"],
    ["2001:db8:113::254/64", "out0"],
    ...[CLIENT, NEIGHBOUR, DAEMON, FAR].map((one) => [`${one}/32`, "lo"] as const),
    ...[CLIENT_V6, NEIGHBOUR_V6, FAR_V6].map((one) => [`${one}/128`, "lo"] as const),
  ];
  for (const [address, device] of mine) add(ip, address, device);
  ip("link", "set", "out0", "up");
  for (const device of ["lo", "in0"]) host.ip("link", "set", device, "up");
  add(host.ip, `${GATEWAY}/24`, "in0");
  add(host.ip, `${GATEWAY_V6}/64`, "in0");
  host.ip("route", "add", "default", "via", "203.0.113.254");
  host.ip("-6", "route", "add", "default", "via", "2001:db8:113::254");
  return host;
}

function add(run: typeof ip, address: string, device: string): void {
  const more = address.includes(":") ? ["nodad"] : [];
  run("address", "add", address, "dev", device, ...more);
}

function namespaceOf(pid: string): string {
  return spawnSync("readlink", [`/proc/${pid}/ns/net`], { encoding: "utf8" }).stdout.trim();
}

/** Starts a gateway there. Its API is at the outer address, with a token. */
export async function startThere(
  host: GatewayHost,
  args: readonly string[] = [],
  { port = 9329, ...more }: Pick<StartOptions, "entry" | "env"> & { readonly port?: number } = {},
): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), "culvert-"));
  const file = join(folder, "token");
  writeFileSync(file, "a-token\n", { mode: 0o600 });
  try {
    const listen = args.includes("--listen")
      ? []
      : ["--listen", `0.0.0.0:${PORT}`, "--listen", `[::]:${PORT}`];
    const gateway = await startGateway([
      ...[...listen, "--api", `${GATEWAY}:${port}`, "--api-token-file", file, ...args],
    ], { ...more, runBy: host.enter, token: "a-token" });
    endWithCase(gateway.program);
    return { ...gateway, api: openApi(GATEWAY, port, "a-token") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Ends a program with the case, even if that fails. */
export function endWithCase(program: Program): void {
  process.once("exit", () => {
    if (program.isRunning()) program.kill("SIGKILL");
  });
}

/** Connects to the gateway there as a client at `localAddress`. */
export function connectFrom(
  gateway: Gateway,
  localAddress: string,
  port = PORT,
): Promise<Originator> {
  const host = localAddress.includes(":") ? GATEWAY_V6 : GATEWAY;
  return gateway.connect({ host, port, localAddress });
}

/** A peer with this inner address; `both` goes to both its SAs. */
export function peerAt(source: string, both: Readonly<Record<string, unknown>>): Peer {
  const peer = makePeer({ both });
  const destination = source.includes(":") ? INNER_V6 : INNER;
  return { ...peer, ends: { source, destination } };
}

/** Installs both SAs of a peer. */
export async function install({ api }: Gateway, peer: Peer): Promise<void> {
  await api.installSa(peer.inboundBody);
  await api.installSa(peer.outboundBody);
}

/** Rules, and the routes of `main`, as text. */
export function tablesOf(host: GatewayHost): string[] {
  return ["-4", "-6"].flatMap((family) => [
    host.ip(family, "rule", "show"),
    // The kernel makes those of link-local addresses when it has time.
    host.ip(family, "route", "show", "table", "main").replaceAll(/^fe80.*\n/gm, ""),
  ]);
}

/** An IKE message goes to a daemon at {@link DAEMON}, and its answer comes back. */
export async function expectIke(connection: Originator): Promise<void> {
  const daemon = createSocket("udp4");
  try {
    await new Promise<void>((resolve) => void daemon.bind(4500, DAEMON, resolve));
    const got = within<Buffer>(WAIT_MS, "IKE at the daemon", (resolve) => {
      daemon.once("message", (octets: Buffer, { address, port }) => {
        daemon.send(octets, port, address);
        resolve(octets);
      });
    });
    const ike = Buffer.alloc(4 + 28, 0x11).fill(0, 0, 4);
    await connection.sendFrames(ike);
    deepEqual(await got, ike);
    deepEqual(await connection.next(), ike);
  } finally {
    daemon.close();
  }
}
