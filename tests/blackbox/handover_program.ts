// The cases of handover_test.ts, each run as a program of its own in a fresh network namespace:
// IKE between a gateway and a daemon on different hosts, whose network is not as it should be.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { frame, ikeFrame, ikeMessage, MARKER_LEN } from "../support/frames.ts";
import { type Gateway, startGateway, stopCleanly } from "../support/gateway.ts";
import { DAEMON, GATEWAY, type Hosts, openHosts } from "../support/hosts.ts";
import { type Datagram, type IkeDaemon, openIkeDaemon } from "../support/ike_daemon.ts";
import { runCase } from "../support/namespace.ts";
import type { Originator } from "../support/originator.ts";
import { settle } from "../support/wait.ts";

export const CASES: Readonly<Record<string, () => Promise<void>>> = {
  "T75, L34: IKE that is larger than the path of IPv4 arrives": () => passLarge("v4"),
  "T75, L34: IKE that is larger than the path of IPv6 arrives": () => passLarge("v6"),
  "L34: IKE waits while the host has no way to the daemon, and arrives in order": waitForRoute,
  "L34: a connection whose IKE finds no way ends, and says why": endWithoutRoute,
  "L34: IKE that a queue of the host has dropped is sent again": surviveQueue,
  "L34: IKE waits for a daemon that is away, and arrives when it is back": reviveDaemon,
  "L34: IKE that is refused later is lost, and its connection ends": loseHost,
  "L34: out of ports IKE waits, and arrives when there is one": waitForPort,
  "P2: the gateway's address changes, and its clients go on": () => changeAddress("v4"),
  "T54: what the daemon sends to a client that has gone reaches no other": keepApart,
};

const PORT = 4500;
const INFORMATIONAL = 37;

/** Lengths of messages: within the path, and longer than it, the link and two fragments. */
const LENGTHS = [1000, 1432, 1500, 3000, 9000];

async function passLarge(family: "v4" | "v6"): Promise<void> {
  await withGateway({ family }, async ({ gateway, daemon }) => {
    const connection = await gateway.connect();
    // Nothing has told the kernel how narrow the path is.
    for (const len of LENGTHS) await expectPassed(connection, daemon, message(len));
    // ESP that is longer than the path tells it. IPv4 may be fragmented on its way.
    const esp = Buffer.alloc(1450, 0x5a);
    await settle(async () => {
      await connection.send(frame(esp));
      return daemon.waiting() > 0;
    }, (isThere) => isThere);
    equal(Buffer.compare((await daemon.next()).octets, esp), 0);
    await connection.send(ikeFrame(message(100)));
    while ((await daemon.next()).octets.length !== MARKER_LEN + 100);
    for (const len of LENGTHS) await expectPassed(connection, daemon, message(len));
    // Neighbours of one length leave in one call, which no narrow path takes.
    const run = Array.from({ length: 8 }, (_, i) => Buffer.alloc(1380, 0x60 + i));
    await connection.send(...run.map(frame), ikeFrame(message(2000)));
    for (const packet of run) equal(Buffer.compare((await daemon.next()).octets, packet), 0);
    await expectIke(daemon, message(2000));
  });
}

async function waitForRoute(): Promise<void> {
  await withGateway({}, async ({ gateway, daemon, hosts }) => {
    const connection = await gateway.connect();
    await expectPassed(connection, daemon, message(100));
    const obstacles = [
      ["add", "prohibit", DAEMON.v4],
      ["add", "unreachable", DAEMON.v4],
      ["add", "blackhole", DAEMON.v4],
    ];
    for (const obstacle of obstacles) {
      hosts.gateway.run("ip", "route", ...obstacle);
      for (const len of [200, 300, 400]) await connection.send(ikeFrame(message(len)));
      await seen(gateway, "upstream_refused");
      equal(daemon.waiting(), 0);
      hosts.gateway.run("ip", "route", "del", ...obstacle.slice(1));
      for (const len of [200, 300, 400]) await expectIke(daemon, message(len));
    }
    hosts.gateway.run("ip", "route", "del", "10.1.0.0/24");
    const first = await gateway.connect();
    await first.send(ikeFrame(message(500)));
    await connection.send(ikeFrame(message(600)));
    await seen(gateway, "upstream_failed");
    hosts.gateway.run("ip", "route", "add", "10.1.0.0/24", "via", "10.2.0.254");
    const lens = [(await daemon.next()).octets.length, (await daemon.next()).octets.length];
    deepEqual(lens.toSorted(), [504, 604]);
    ok(first.isOpen() && connection.isOpen());
  });
}

async function endWithoutRoute(): Promise<void> {
  const args = ["--frame-timeout-ms", "1500"];
  await withGateway({ args }, async ({ gateway, daemon, hosts }) => {
    const connection = await gateway.connect();
    await expectPassed(connection, daemon, message(100));
    hosts.gateway.run("ip", "route", "add", "prohibit", DAEMON.v4);
    await connection.send(ikeFrame(message(200)));
    await connection.ended();
    await seen(gateway, "ike_undelivered");
    // The initiator sends it again on the next connection (RFC 9329 section 6.2).
    hosts.gateway.run("ip", "route", "del", "prohibit", DAEMON.v4);
    await expectPassed(await gateway.connect(), daemon, message(200));
  });
}

async function surviveQueue(): Promise<void> {
  await withGateway({}, async ({ gateway, daemon, hosts }) => {
    const connection = await gateway.connect();
    await expectPassed(connection, daemon, message(100));
    const setQueue = (action: string, longest: string): void => {
      const queue = ["tbf", "rate", "8mbit", "burst", longest, "limit", longest];
      hosts.gateway.run("tc", "qdisc", action, "dev", "wide", "root", ...queue);
    };
    // It takes nothing that is longer than 200 octets.
    setQueue("add", "200");
    await connection.send(ikeFrame(message(1000)));
    await connection.send(ikeFrame(message(100)));
    await seen(gateway, "ENOBUFS");
    equal(daemon.waiting(), 0);
    // While a queue is taken away, the kernel drops what comes and says that it went.
    setQueue("change", "10000");
    for (const len of [1000, 100]) await expectIke(daemon, message(len));
  });
}

async function reviveDaemon(): Promise<void> {
  await withGateway({}, async ({ gateway, daemon }) => {
    const connection = await gateway.connect();
    await expectPassed(connection, daemon, message(100));
    await daemon.close();
    for (const len of [200, 300]) await connection.send(ikeFrame(message(len)));
    await seen(gateway, "ECONNREFUSED");
    const next = await openIkeDaemon(PORT, DAEMON.v4);
    for (const len of [200, 300]) await expectIke(next, message(len));
    ok(connection.isOpen());
    await next.close();
  });
}

async function loseHost(): Promise<void> {
  await withGateway({ upstream: "10.1.0.77:4500" }, async ({ gateway }) => {
    const connection = await gateway.connect();
    await connection.send(ikeFrame(message(200)));
    // The router gives up after three seconds.
    await connection.ended(30_000);
    await seen(gateway, "ike_undelivered");
  });
}

async function waitForPort(): Promise<void> {
  await withGateway({}, async ({ gateway, daemon, hosts }) => {
    setPorts(hosts, "40000 40000");
    const first = await gateway.connect();
    await expectPassed(first, daemon, message(100));
    const second = await gateway.connect();
    await second.send(ikeFrame(message(200)));
    await seen(gateway, "EAGAIN");
    first.close();
    await expectIke(daemon, message(200));
  });
}

async function changeAddress(family: "v4" | "v6"): Promise<void> {
  await withGateway({ family }, async ({ gateway, daemon, hosts }) => {
    const connection = await gateway.connect();
    await expectPassed(connection, daemon, message(100));
    const route = ["route", "add", "10.1.0.0/24", "via", "10.2.0.254"];
    hosts.gateway.run("ip", "addr", "flush", "dev", "wide");
    hosts.gateway.run("ip", "addr", "add", "10.2.0.9/24", "dev", "wide");
    hosts.gateway.run("ip", ...route);
    await connection.send(ikeFrame(message(200)));
    const datagram = await daemon.next();
    equal(datagram.address, "10.2.0.9");
    await daemon.send(datagram, datagram.octets);
    equal(Buffer.compare(await connection.next(), datagram.octets), 0);
  });
}

async function keepApart(): Promise<void> {
  await withGateway({}, async ({ gateway, daemon, hosts }) => {
    // Few ports, so that the kernel has to give one again soon.
    setPorts(hosts, "40000 40007");
    const gone = await gateway.connect();
    const { address, port } = await expectPassed(gone, daemon, message(100));
    const esp = Buffer.alloc(100, 0x5a);
    await daemon.send({ address, port }, esp);
    await gone.next();
    gone.close();
    await seen(gateway, "connection_closed");
    for (let round = 1; round <= 6; round++) {
      const others = [];
      for (let i = 0; i < 7; i++) others.push(await gateway.connect());
      for (const other of others) {
        const got = await expectPassed(other, daemon, message(100));
        ok(got.port !== port, "it has the port of the one that has gone");
        await daemon.send({ address, port }, esp);
        // The answer comes behind whatever else has come.
        await daemon.send(got, Buffer.concat([Buffer.alloc(MARKER_LEN), message(60 + round)]));
        equal((await other.next()).length, MARKER_LEN + 60 + round);
      }
      for (const other of others) other.close();
    }
  });
}

interface World {
  readonly gateway: Gateway;
  readonly daemon: IkeDaemon;
  readonly hosts: Hosts;
}

interface WorldOptions {
  readonly family?: "v4" | "v6";
  readonly args?: readonly string[];
  /** Where the gateway looks for the daemon, if it is not there. */
  readonly upstream?: string;
}

async function withGateway(
  { family = "v4", args = [], upstream }: WorldOptions,
  run: (world: World) => Promise<void>,
): Promise<void> {
  const hosts = await openHosts();
  const host = DAEMON[family];
  const daemon = await openIkeDaemon(PORT, host);
  const to = upstream ?? (family === "v6" ? `[${host}]:${PORT}` : `${host}:${PORT}`);
  const all = ["--upstream", to, "--listen", `${GATEWAY}:0`, "--api", "off", ...args];
  const gateway = await startGateway(all, { runBy: hosts.gateway.runBy });
  try {
    await run({ gateway, daemon, hosts });
  } finally {
    await stopCleanly(gateway);
    hosts.close();
    await daemon.close().catch(() => undefined);
  }
}

/** Sets the range of ports that the gateway's host gives to sockets. */
function setPorts({ gateway }: Hosts, range: string): void {
  gateway.run("sh", "-c", `echo ${range} > /proc/sys/net/ipv4/ip_local_port_range`);
}

/** Waits until the log has `text`. */
async function seen(gateway: Gateway, text: string): Promise<void> {
  ok((await settle(() => gateway.program.stderr(), (log) => log.includes(text))).includes(text));
}

/** A message of an IKE SA that is there. */
function message(len: number): Buffer {
  return ikeMessage({ len, spiR: 9n, exchange: INFORMATIONAL, messageId: len });
}

/** Sends a message and expects it at the daemon. */
async function expectPassed(
  connection: Originator,
  daemon: IkeDaemon,
  sent: Buffer,
): Promise<Datagram> {
  await connection.send(ikeFrame(sent));
  return await expectIke(daemon, sent);
}

async function expectIke(daemon: IkeDaemon, expected: Buffer): Promise<Datagram> {
  const got = await daemon.next();
  equal(got.octets.length, MARKER_LEN + expected.length);
  equal(Buffer.compare(got.octets.subarray(MARKER_LEN), expected), 0);
  return got;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCase(CASES);
