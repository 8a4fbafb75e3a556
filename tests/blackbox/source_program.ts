// The cases of source_test.ts, each run as a program of its own in a fresh network namespace: real
// lanes, whose host's address towards the daemon changes. Nobody is at the daemon's address, on a
// device that takes everything.

import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../gateway/config/load.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import { laneInits, openDescriptors } from "../../gateway/shell/descriptors.ts";
import { type Lanes, startLanes } from "../../gateway/shell/lanes.ts";
import { openMachine } from "../../gateway/shell/machine.ts";
import { ikeFrame, ikeMessage } from "../support/frames.ts";
import { ip, runCase } from "../support/namespace.ts";
import { connectOriginator } from "../support/originator.ts";
import { settle } from "../support/wait.ts";

export const CASES: Readonly<Record<string, () => Promise<void>>> = {
  "sockets of IPv4 follow the host's address, without a word of their clients": () =>
    follow({ daemon: "192.0.2.99", old: "192.0.2.1/24", next: "192.0.2.2/24" }),
  "sockets of IPv6 follow the host's address, without a word of their clients": () =>
    follow({ daemon: "fd05::99", old: "fd05::1/64", next: "fd05::2/64" }),
};

interface Move {
  readonly daemon: string;
  readonly old: string;
  readonly next: string;
}

async function follow({ daemon, old, next }: Move): Promise<void> {
  const isV6 = daemon.includes(":");
  const nodad = isV6 ? ["nodad"] : [];
  ip("link", "add", "hole", "type", "veth", "peer", "name", "end");
  for (const device of ["hole", "end"]) ip("link", "set", device, "up");
  ip("addr", "add", old, "dev", "hole", ...nodad);
  ip("neigh", "add", daemon, "lladdr", "02:00:00:00:00:99", "dev", "hole");
  const { lanes, port } = await openLanes(isV6 ? `[${daemon}]:4500` : `${daemon}:4500`);
  const clients = [];
  for (let i = 0; i < 4; i++) {
    const client = await connectOriginator({ host: "127.0.0.1", port });
    await client.send(ikeFrame(ikeMessage()));
    clients.push(client);
  }
  const count = (address: string): number => sourcesOf(isV6).filter((it) => it === address).length;
  equal(await settle(() => count(hexOf(old)), (sockets) => sockets === 4), 4);
  ip("addr", "add", next, "dev", "hole", ...nodad);
  ip("addr", "del", old, "dev", "hole");
  // Where the kernel removed the second address of a network with the first, it is put back.
  ip("addr", "replace", next, "dev", "hole", ...nodad);
  ip("neigh", "replace", daemon, "lladdr", "02:00:00:00:00:99", "dev", "hole");
  equal(count(hexOf(old)), 4, "the kernel leaves connected sockets as they are");
  lanes.networkChanged();
  await settle(() => count(hexOf(next)), (sockets) => sockets === 4);
  deepEqual([count(hexOf(old)), count(hexOf(next))], [0, 4]);
  for (const client of clients) client.close();
  await lanes.stop();
}

/** The addresses of all sockets that are connected to port 4500, as the kernel writes them. */
function sourcesOf(isV6: boolean): string[] {
  const rows = readFileSync(isV6 ? "/proc/net/udp6" : "/proc/net/udp", "latin1").split("\n");
  return rows.map((row) => row.trim().split(/\s+/))
    .filter(([, , remote]) => remote?.endsWith(":1194") === true)
    .map(([, local = ""]) => local.split(":")[0] ?? "");
}

/** An address with a prefix length as /proc has it: words of 32 bits in the machine's order. */
function hexOf(prefix: string): string {
  const [address = ""] = prefix.split("/");
  const octets = address.includes(":")
    ? Buffer.from(address.replace(/^(.{4})::(.)$/, `$1${"0".repeat(27)}$2`), "hex")
    : Buffer.from(address.split(".").map(Number));
  return octets.swap32().toString("hex").toUpperCase();
}

async function openLanes(upstream: string): Promise<{ lanes: Lanes; port: number }> {
  const { config } = await loadConfig({
    flags: { upstream, listen: ["127.0.0.1:0"], lanes: "2" },
    environment: {},
    readTextFile: runtime.readTextFile,
    cores: 2,
  });
  const machine = await openMachine({ runtime, config, isIkeInside: false });
  const descriptors = openDescriptors(machine.kernel, config);
  const lanes = await startLanes({
    runtime,
    kernel: machine.kernel,
    inits: laneInits(descriptors, { machine, config, openFilesMax: Infinity, ikeLinks: undefined }),
    i32: machine.views.i32,
    blocks: machine.blocks,
    stopTimeoutMs: 10_000,
    onNews: () => undefined,
    onTrouble: () => undefined,
    onRefusedCall: () => undefined,
    onRefused: () => undefined,
    onUpstream: () => undefined,
    onPongs: () => undefined,
    onFailure: (_, reason) => runtime.stderr(`failed: ${reason}\n`),
  });
  return { lanes, port: Number(descriptors.listening[0]?.split(":").at(-1)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCase(CASES);
