// The cases of tunnel_tun_test.ts, each run as a program of its own in a fresh network namespace.
// `tunnel_program.ts NAME` ends with 0 if the case holds. The client is outside, the server on the
// gateway's host; each has a TUN.
//
//     client0 10.93.64.x -- client -- 203.0.113.1:4500 -- server -- cv0 10.93.29.1/24

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Gateway, stopCleanly } from "../support/gateway.ts";
import type { PlanChanges } from "../support/ike/plan.ts";
import { type Cases, ip, runCase } from "../support/namespace.ts";
import { type Exit, type Program, startProgram } from "../support/program.ts";
import { peersOf, serverOptions, writeProfile } from "../support/tunnel.ts";
import {
  endWithCase,
  GATEWAY,
  type GatewayHost,
  INNER,
  layTwoHosts,
  startThere,
} from "../support/two_hosts.ts";
import { settle, WAIT_MS, within } from "../support/wait.ts";

export const CASES: Cases = {
  "a client's TUN gets its address and its routes, and carries pings both ways": carryPings,
  "a transfer goes on over connections that are cut": cutConnections,
  "SIGTERM takes address and routes from a device that was there": leaveDevice,
  "a device that the client has made goes with it": removeDevice,
  "a transfer goes on while Child SAs are replaced": replaceChildren,
};

const DEVICE = "client0";
const ECHO_PORT = 7777;

async function carryPings(): Promise<void> {
  await withTunnel({}, ({ host }) => {
    match(ip("-4", "address", "show", "dev", DEVICE), /inet 10\.93\.64\.1\/32 /);
    match(wayTo(INNER), new RegExp(`dev ${DEVICE} .*src 10\\.93\\.64\\.1`));
    // The connection itself stays outside.
    match(wayTo(GATEWAY), /dev out0/);
    equal(spawnSync("ping", ["-c", "3", "-i", "0.2", "-W", "5", INNER]).status, 0);
    ok(host.succeeds("ping", "-c", "3", "-i", "0.2", "-W", "5", "10.93.64.1"));
    return Promise.resolve();
  });
}

async function cutConnections(): Promise<void> {
  await withTunnel({}, async ({ server }) => {
    const octets = 32 * 2 ** 20;
    const transfer = openTransfer(octets);
    for (let cut = 1; cut <= 3; cut++) {
      const before = transfer.received();
      await settle(() => transfer.received(), (now) => now > before + 2 ** 20);
      const [peer] = await peersOf(server);
      ok(peer !== undefined && peer.connection !== null);
      await server.api.request("DELETE", `/v1/connections/${peer.connection}`);
      const [moved] = await settle(
        () => peersOf(server),
        ([now]) => now?.state === "connected" && now.connection !== peer.connection,
      );
      equal(moved?.id, peer.id, "the same IKE SA");
    }
    await transfer.finished;
    equal(transfer.received(), octets);
  });
}

async function leaveDevice(): Promise<void> {
  await withHosts({}, async ({ host, server }) => {
    ip("tuntap", "add", DEVICE, "mode", "tun");
    const before = networkOf();
    const client = await startClient();
    equal((await settle(() => peersOf(server), ({ length }) => length > 0)).length, 1);
    ok(networkOf() !== before);
    await endClient(client);
    equal(networkOf(), before);
    ok(host.succeeds("true"));
    equal((await settle(() => peersOf(server), ({ length }) => length === 0)).length, 0);
  });
}

async function removeDevice(): Promise<void> {
  await withHosts({}, async () => {
    const before = networkOf();
    await endClient(await startClient());
    equal(networkOf(), before);
    ok(!ip("link", "show").includes(DEVICE));
  });
}

async function replaceChildren(): Promise<void> {
  // Child SAs are replaced at 85 to 95 % of their time, which is looked at every second.
  await withTunnel({ childMs: 6000 }, async ({ server }) => {
    const transfer = openTransfer(Infinity);
    const children = async (): Promise<number> => (await peersOf(server))[0]?.rekeys.child ?? 0;
    const rekeys = await settle(children, (count) => count >= 2, 30_000);
    ok(rekeys >= 2, `${rekeys} rekeys`);
    const before = transfer.received();
    ok(await settle(() => transfer.received(), (now) => now > before + 2 ** 20) > before);
    transfer.close();
    deepEqual((await peersOf(server)).map(({ state }) => state), ["connected"]);
  });
}

/** The way of a packet without a source; empty if there is none. */
function wayTo(address: string): string {
  return spawnSync("ip", ["route", "get", address], { encoding: "utf8" }).stdout;
}

/** Addresses, routes and rules here, without what the kernel does when it has time. */
function networkOf(): string {
  return [
    ["-4", "address", "show"],
    ["-4", "rule", "show"],
    ["-4", "route", "show", "table", "all"],
    ["-6", "rule", "show"],
  ].map((args) => ip(...args)).join("\n")
    // The state of a device that others have made follows its user.
    .replaceAll(/^\d+: .*\n/gm, "");
}

interface Hosts {
  readonly host: GatewayHost;
  readonly server: Gateway;
}

/** A server with a TUN, and a host behind it that echoes TCP. */
async function withHosts(plan: PlanChanges, run: (hosts: Hosts) => Promise<void>): Promise<void> {
  const host = await layTwoHosts();
  const server = await startThere(host, ["--inner", "tun:cv0"], serverOptions(plan));
  host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
  const echo = startEcho(host);
  try {
    await run({ host, server });
  } finally {
    echo.kill("SIGKILL");
    await stopCleanly(server);
    host.close();
  }
}

/** The same with a client whose tunnel is up. */
async function withTunnel(plan: PlanChanges, run: (hosts: Hosts) => Promise<void>): Promise<void> {
  await withHosts(plan, async (hosts) => {
    const client = await startClient();
    try {
      await run(hosts);
    } catch (error) {
      throw new Error(`${client.stderr()}\n${hosts.server.program.stderr()}`, { cause: error });
    }
    await endClient(client);
  });
}

async function startClient(): Promise<Program> {
  const profile = writeProfile(4500, { remote: ["10.93.29.0/24"] });
  const args = ["connect", GATEWAY, "--profile", profile, "--inner", `tun:${DEVICE}`];
  const client = startProgram(args);
  endWithCase(client);
  const isUp = (): boolean => client.stderr().includes("tunnel_up");
  ok(await settle(isUp, (up) => up), client.stderr());
  // What is told can be used.
  ok(wayTo(INNER).includes(`dev ${DEVICE} `), wayTo(INNER));
  return client;
}

async function endClient(client: Program): Promise<void> {
  client.kill("SIGTERM");
  const { code } = await within<Exit>(
    WAIT_MS,
    "the client's end",
    (resolve, reject) => void client.exited.then(resolve, reject),
  );
  equal(code, 0, client.stderr());
}

interface Transfer {
  readonly received: () => number;
  /** Everything has come back. */
  readonly finished: Promise<void>;
  close(): void;
}

/** Sends so many octets through the tunnel to the host that echoes them. */
function openTransfer(octets: number): Transfer {
  const chunk = new Uint8Array(65_536).fill(0x61);
  let [sent, received] = [0, 0];
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  finished.catch(() => undefined);
  const socket = connect(ECHO_PORT, INNER);
  socket.on("error", reject);
  socket.on("data", (data) => {
    received += data.length;
    if (received >= octets) resolve();
  });

  function fill(): void {
    while (sent < octets) {
      sent += chunk.length;
      if (!socket.write(chunk)) return;
    }
  }

  socket.on("connect", fill);
  socket.on("drain", fill);
  return {
    received: () => received,
    finished: within(60_000, "the end of the transfer", (done, fail) => {
      finished.then(done, fail);
    }),
    close: () => void socket.destroy(),
  };
}

/** The same program, as a server on the gateway's host. */
function startEcho(host: GatewayHost): ChildProcess {
  const run = process.versions.bun === undefined ? ["run", "--allow-all"] : ["run"];
  const [file = "", ...enter] = host.enter;
  const program = fileURLToPath(import.meta.url);
  const args = [...enter, process.execPath, ...run, program, SERVER];
  return spawn(file, args, { stdio: ["pipe", "ignore", "ignore"] });
}

const SERVER = "--server";

if (import.meta.main) {
  if (process.argv[2] === SERVER) {
    createServer((socket: Socket) => void socket.on("error", () => undefined).pipe(socket))
      .listen(ECHO_PORT, "0.0.0.0");
    // It ends with the case, however that ends.
    process.stdin.on("end", () => process.exit(0)).resume();
  } else {
    await runCase(CASES);
  }
}
