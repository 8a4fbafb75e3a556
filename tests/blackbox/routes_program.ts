// The cases of routes_test.ts, each run as a program of its own in a fresh network namespace.
// `routes_program.ts NAME` ends with 0 if the case holds.

import { deepEqual, equal } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { get } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expectEcho } from "../support/echo.ts";
import type { Gateway } from "../support/gateway.ts";
import { runCase } from "../support/namespace.ts";
import {
  CLIENT,
  CLIENT_V6,
  connectFrom,
  DAEMON,
  expectIke,
  FAR,
  FAR_V6,
  GATEWAY,
  GATEWAY_V6,
  type GatewayHost,
  INNER,
  INNER_V6,
  install,
  layTwoHosts,
  NEIGHBOUR,
  NEIGHBOUR_V6,
  peerAt,
  startThere,
  tablesOf,
} from "../support/two_hosts.ts";
import { settle, WAIT_MS, within } from "../support/wait.ts";

const SSH_PORT = 2222;

const RP_FILTERS = ["0", "1", "2"];

export const CASES: Readonly<Record<string, () => Promise<void>>> = {
  "the outer connections stay outside, whatever remote an SA has": () =>
    everyWay({ isV6: false, local: "10.93.29.0/24", rpFilters: RP_FILTERS }),
  "they do with a local of 0.0.0.0/0": () =>
    everyWay({ isV6: false, local: "0.0.0.0/0", rpFilters: RP_FILTERS }),
  "they do with a local of one half": () =>
    everyWay({ isV6: false, local: "0.0.0.0/1", more: ["128.0.0.0/1"], rpFilters: ["1"] }),
  "they do with selectors that hold both their ends": holdBothEnds,
  "they do with IPv6": () => everyWay({ isV6: true, local: "fd93:29::/64", rpFilters: ["0"] }),
  "they do with IPv6 and a local of ::/0": () =>
    everyWay({ isV6: true, local: "::/0", rpFilters: ["0"] }),
};

interface Way {
  readonly isV6: boolean;
  readonly local: string;
  /** Further locals. */
  readonly more?: readonly string[];
  readonly rpFilters: readonly string[];
}

/** Every remote on every setting of reverse lookups, one gateway after another. */
async function everyWay(way: Way): Promise<void> {
  const remotes = way.isV6
    ? [`${CLIENT_V6}/128`, "2001:db8:100::/64", "::/0"]
    : [`${CLIENT}/32`, "198.51.100.0/24", "0.0.0.0/0", "192.0.0.0/2"];
  await withHosts(async (host) => {
    for (const rpFilter of way.rpFilters) {
      for (const device of ["all", "default", "in0"]) {
        host.set(`net/ipv4/conf/${device}/rp_filter`, rpFilter);
      }
      const before = tablesOf(host);
      const gateway = await startThere(host, ["--inner", "tun:cv0"]);
      host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
      host.ip("address", "add", `${INNER_V6}/64`, "dev", "cv0", "nodad");
      for (const remote of remotes) await oneRemote({ host, gateway, way, remote });
      equal((await gateway.stop()).code, 0, gateway.program.stderr());
      deepEqual(tablesOf(host), before);
    }
  });
}

/** Gateway, API, daemon and clients all lie in the selectors. */
async function holdBothEnds(): Promise<void> {
  await withHosts(async (host) => {
    for (const rpFilter of RP_FILTERS) {
      host.set("net/ipv4/conf/all/rp_filter", rpFilter);
      const gateway = await startThere(host, [
        ...["--inner", "tun:cv0", "--upstream", `${DAEMON}:4500`],
      ]);
      host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
      const both = { local: [`${GATEWAY}/32`, "10.93.29.0/24"], remote: ["198.51.100.0/24"] };
      const peer = peerAt(NEIGHBOUR, both);
      await install(gateway, peer);
      const connection = await connectFrom(gateway, CLIENT);
      await expectEcho(connection, peer);
      await expectIke(connection);
      equal(await statusFrom(NEIGHBOUR), 200);
      // All others between the two are the tunnel's.
      equal(/ dev (\S+)/.exec(host.ip("route", "get", NEIGHBOUR, "from", GATEWAY))?.[1], "cv0");
      equal((await gateway.stop()).code, 0, gateway.program.stderr());
    }
  });
}

/** Answer of the API to a client at this address. */
function statusFrom(localAddress: string): Promise<number> {
  return within<number>(WAIT_MS, "an answer of the API", (resolve, reject) => {
    get({ host: GATEWAY, port: 9329, path: "/readyz", localAddress }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).once("error", reject);
  });
}

interface Scene {
  readonly host: GatewayHost;
  readonly gateway: Gateway;
  readonly way: Way;
  readonly remote: string;
}

async function oneRemote({ host, gateway, way, remote }: Scene): Promise<void> {
  const before = defaults(host);
  const connection = await connectFrom(gateway, way.isV6 ? CLIENT_V6 : CLIENT);
  const source = remote.startsWith("2001:db8:100::/") || remote.startsWith("198.51.100.0")
    ? (way.isV6 ? NEIGHBOUR_V6 : NEIGHBOUR)
    : way.isV6
    ? CLIENT_V6
    : CLIENT;
  const peer = peerAt(source, { local: [way.local, ...way.more ?? []], remote: [remote] });
  await install(gateway, peer);
  // The client's connection goes on, and the answer comes through the TUN.
  await expectEcho(connection, peer);
  const second = await connectFrom(gateway, way.isV6 ? CLIENT_V6 : CLIENT);
  await expectEcho(second, peer);
  await expectEcho(connection, peer);
  // Other servers of the host, towards everybody.
  for (const from of way.isV6 ? [CLIENT_V6, NEIGHBOUR_V6, FAR_V6] : [CLIENT, NEIGHBOUR, FAR]) {
    await expectServer(way.isV6 ? GATEWAY_V6 : GATEWAY, from);
  }
  deepEqual(defaults(host), before);
  await gateway.api.removeSa(peer.outbound.spi);
  await gateway.api.removeSa(peer.inbound.spi);
  connection.close();
  second.close();
}

function defaults(host: GatewayHost): string[] {
  return ["-4", "-6"].map((family) => host.ip(family, "route", "show", "default"));
}

/** A server of the host that is none of the gateway's answers. */
async function expectServer(host: string, localAddress: string): Promise<void> {
  const socket = connect({ host, port: SSH_PORT, localAddress });
  try {
    const text = await within<string>(WAIT_MS, `${localAddress} to reach ${host}`, (done, fail) => {
      socket.once("error", fail);
      socket.once("data", (octets) => done(octets.toString()));
    });
    equal(text, "hello");
  } finally {
    socket.destroy();
  }
}

/** Runs a case with both hosts, and a plain TCP server on the gateway's. */
async function withHosts(run: (host: GatewayHost) => Promise<void>): Promise<void> {
  const host = await layTwoHosts();
  const server = startServer(host);
  try {
    await settle(
      () => expectServer(GATEWAY, FAR).then(() => true, () => false),
      (isUp) => isUp,
    );
    await run(host);
  } finally {
    server.kill("SIGKILL");
    host.close();
  }
}

const RUN = process.versions.bun === undefined ? ["run", "--allow-all"] : ["run"];

function startServer(host: GatewayHost): ChildProcess {
  const [file = "", ...enter] = host.enter;
  const program = fileURLToPath(import.meta.url);
  return spawn(file, [...enter, process.execPath, ...RUN, program, SERVER], { stdio: "ignore" });
}

const SERVER = "--server";

if (import.meta.main) {
  if (process.argv[2] === SERVER) {
    createServer((socket: Socket) => socket.on("error", () => undefined).end("hello"))
      .listen(SSH_PORT, "::");
  } else {
    await runCase(CASES);
  }
}
