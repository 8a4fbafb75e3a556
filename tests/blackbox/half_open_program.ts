// The cases of half_open_test.ts, each run as a program of its own in a fresh network namespace.
// `half_open_program.ts NAME` ends with 0 if the case holds.
//
// The clients are one source: addresses of one IPv6 /64. A client that moves loses its address, and
// what is sent there vanishes. So its connections are half open, as behind a NAT that has forgotten
// them.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ikeFrame, ikeMessage } from "../support/frames.ts";
import type { Gateway } from "../support/gateway.ts";
import { type Datagram, type IkeDaemon, openIkeDaemon } from "../support/ike_daemon.ts";
import { readMetrics, sample } from "../support/metrics.ts";
import { ip, runCase } from "../support/namespace.ts";
import type { Originator } from "../support/originator.ts";
import { connectFrom, DAEMON, layTwoHosts, startThere } from "../support/two_hosts.ts";
import { settle } from "../support/wait.ts";

export const CASES: Readonly<Record<string, () => Promise<void>>> = {
  "clients that come back after a move find room, and silent ones that are there stay": () =>
    comeBack(["--max-connections-per-source", "8"]),
  "the same without keepalive of its own, on one lane": () =>
    comeBack(["--max-connections-per-source", "8", "--tcp-keepalive-s", "0", "--lanes", "1"]),
  "the same at the limit in total": () => comeBack(["--max-connections", "8"]),
};

/** Longest time until new clients are in, ms: less than the two minutes of an idle keepalive. */
const BACK_MS = 30_000;

async function comeBack(limits: readonly string[]): Promise<void> {
  const host = await layTwoHosts();
  const daemon = await openIkeDaemon(4500, DAEMON);
  const args = ["--upstream", `${DAEMON}:4500`, "--lanes", "2", ...limits];
  const gateway = await startThere(host, args);
  const living = await connectAll(gateway, daemon, ["a1", "a2"]);
  const old = await connectAll(gateway, daemon, ["b1", "b2", "b3"]);
  for (const name of ["b1", "b2", "b3"]) vanish(name);
  // The daemon goes on sending to one of them: TCP does not probe while octets are on their way.
  await daemon.send(old[0]?.datagram ?? fail(), trusted(0n));
  await connectAll(gateway, daemon, ["c1", "c2", "c3"]);
  for (const name of ["d1", "d2", "d3"]) {
    const isIn = await settle(() => tryToConnect(gateway, daemon, name), Boolean, BACK_MS);
    ok(isIn, `${name} is let in`);
  }
  const left = await peersOf(gateway);
  for (const name of ["b1", "b2", "b3"]) ok(!left.includes(name), `${name} has gone: ${left}`);
  for (const { client, datagram } of living) {
    ok(client.isOpen());
    await daemon.send(datagram, trusted(7n));
    equal((await client.next()).length, 4 + 28);
  }
  const metrics = await readMetrics(gateway.api);
  equal(sample(metrics, "culvert_closes_total", { reason: "gave_way" }), 3);
  deepEqual((await peersOf(gateway)).filter((name) => name.startsWith("a")), ["a1", "a2"]);
  equal((await gateway.stop()).code, 0, gateway.program.stderr());
  host.close();
}

interface Client {
  readonly client: Originator;
  /** Its message as the daemon saw it. */
  readonly datagram: Datagram;
}

async function connectAll(
  gateway: Gateway,
  daemon: IkeDaemon,
  names: readonly string[],
): Promise<Client[]> {
  const clients: Client[] = [];
  for (const name of names) {
    const client = await tryToConnect(gateway, daemon, name);
    ok(client !== undefined, `${name} is let in`);
    clients.push(client);
  }
  return clients;
}

/** A client to which the daemon sends what proves a key; undefined if it is turned away. */
async function tryToConnect(
  gateway: Gateway,
  daemon: IkeDaemon,
  name: string,
): Promise<Client | undefined> {
  ip("-6", "address", "replace", `${addressOf(name)}/128`, "dev", "lo", "nodad");
  const spiI = BigInt(`0x${name}`);
  try {
    const client = await connectFrom(gateway, addressOf(name));
    await client.send(ikeFrame(ikeMessage({ spiI, spiR: spiI, exchange: 35 })));
    await settle(() => daemon.waiting() > 0 || !client.isOpen(), Boolean);
    if (!client.isOpen()) return undefined;
    const datagram = await daemon.next();
    await daemon.send(datagram, trusted(spiI));
    await client.next();
    return { client, datagram };
  } catch {
    return undefined;
  }
}

/** An encrypted INFORMATIONAL message of the daemon with its marker (RFC 7296 §1.4). */
function trusted(spi: bigint): Buffer {
  const message = ikeMessage({ spiI: spi, spiR: spi, exchange: 37, nextPayload: 46 });
  return Buffer.concat([Buffer.alloc(4), message]);
}

/** What is sent to a client's address is lost from here on. */
function vanish(name: string): void {
  ip("-6", "address", "del", `${addressOf(name)}/128`, "dev", "lo");
  ip("-6", "route", "add", "blackhole", `${addressOf(name)}/128`);
}

function addressOf(name: string): string {
  return `2001:db8:100::${name}`;
}

/** The names of all clients that the gateway has. */
async function peersOf({ api }: Gateway): Promise<string[]> {
  const { text } = await api.request("GET", "/v1/connections");
  return [...text.matchAll(/"\[2001:db8:100::([a-d]\d)\]:\d+"/g)].map(([, name = ""]) => name)
    .sort();
}

function fail(): never {
  throw new Error("There is no such client");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCase(CASES);
