// The cases of network_test.ts, each run as a program of its own in a fresh network namespace.
// `network_program.ts NAME` ends with 0 if the case holds.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { openApi } from "../support/api.ts";
import { expectEcho } from "../support/echo.ts";
import { openEsp } from "../support/esp.ts";
import { ikeFrame, ikeMessage } from "../support/frames.ts";
import { type Gateway, parseListening } from "../support/gateway.ts";
import { type IkeDaemon, openIkeDaemon } from "../support/ike_daemon.ts";
import { runCase } from "../support/namespace.ts";
import type { Originator } from "../support/originator.ts";
import { startProgram } from "../support/program.ts";
import {
  CLIENT,
  connectFrom,
  DAEMON,
  endWithCase,
  expectIke,
  FAR,
  GATEWAY,
  type GatewayHost,
  INNER,
  install,
  layTwoHosts,
  NEIGHBOUR,
  peerAt,
  startThere,
  tablesOf,
} from "../support/two_hosts.ts";
import { settle } from "../support/wait.ts";

export const CASES: Readonly<Record<string, () => Promise<void>>> = {
  "the daemon inside a remote gets IKE": reachDaemon,
  "the longest prefix of main and of the remotes decides": chooseLongest,
  "this host's own packets take the TUN's address": sendUnbound,
  "without an address of the TUN they stay outside": stayUnbound,
  "what the operator has made is there afterwards": leaveOthers,
  "a device that was there gets its MTU and state back": restoreDevice,
  "two gateways of one host leave each other alone": shareHost,
  "what a killed gateway has left is removed at the next start": cleanUp,
  "a device that comes up again has its routes": comeBack,
  "routes and rules that others remove come back": restoreRemoved,
  "what was removed comes back though the news of it were lost": missNews,
  "a device whose MTU grows gets it back": keepMtu,
  "without the device it is not ready, and says so": loseDevice,
  "connect takes a remote of 0.0.0.0/0": () => connectThrough([`${INSIDE}/32`], ["0.0.0.0/0"]),
  "connect takes selectors that hold both ends of its connection": () =>
    connectThrough([`${INSIDE}/32`, `${GATEWAY}/32`], [`${INNER}/32`, "198.51.100.0/24"]),
  "an address that comes is told": tellAddress,
  "connections follow the host's address towards the daemon, without a word of theirs":
    followAddress,
};

const TUN = ["--inner", "tun:cv0"];
const LOCAL = ["10.93.29.0/24"];
const INSIDE = "10.93.64.1";

async function reachDaemon(): Promise<void> {
  await withGateway([...TUN, "--upstream", `${DAEMON}:4500`], async ({ gateway, connection }) => {
    const remote = ["198.51.100.0/24", "0.0.0.0/0"];
    await install(gateway, peerAt(CLIENT, { local: LOCAL, remote }));
    await expectIke(connection);
  });
}

async function chooseLongest(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway }) => {
    const remote = ["10.0.0.0/8", "10.5.5.0/25", "0.0.0.0/0"];
    await install(gateway, peerAt(CLIENT, { local: LOCAL, remote }));
    host.ip("route", "add", "10.5.0.0/16", "dev", "in0");
    host.ip("route", "add", "10.6.6.6", "dev", "in0");
    const devices = ["10.1.1.1", "10.5.1.1", "10.5.5.5", "10.5.5.200", "10.6.6.6", FAR, GATEWAY]
      .map((to) => deviceOf(host, to, "from", INNER));
    deepEqual(devices, ["cv0", "in0", "cv0", "in0", "in0", "cv0", "lo"]);
    // Others than `local` do not meet the TUN.
    equal(deviceOf(host, "10.1.1.1", "from", GATEWAY), "in0");
    // The connected network is longer than /0.
    equal(deviceOf(host, "203.0.113.77", "from", INNER), "in0");
  });
}

async function sendUnbound(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway }) => {
    await install(
      gateway,
      peerAt(CLIENT, { local: LOCAL, remote: ["10.1.0.0/16", "10.2.0.0/15"] }),
    );
    match(host.ip("route", "get", "10.1.1.1"), /dev cv0 .*src 10\.93\.29\.1/);
    match(host.ip("route", "get", "10.9.1.1"), /dev in0 .*src 203\.0\.113\.1/);
    host.ip("address", "add", "fd93:29::1/64", "dev", "cv0", "nodad");
    const v6 = peerAt("fd93:64::1", { local: ["fd93:29::/64"], remote: ["fd93:64::/32", "::/0"] });
    await install(gateway, v6);
    const get = (to: string): string => host.ip("-6", "route", "get", to);
    match(await settle(() => get("fd93:64::1"), (text) => text.includes("cv0")), /src fd93:29::1/);
    match(get("2001:db8:100::7"), /dev cv0 .*src fd93:29::1/);
    match(get("2001:db8:113::254"), /dev in0 .*src 2001:db8:113::1/);
  });
}

async function stayUnbound(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway }) => {
    host.ip("address", "flush", "dev", "cv0");
    const both = { local: ["0.0.0.0/0"], remote: ["0.0.0.0/0"] };
    await install(gateway, peerAt(CLIENT, both));
    await install(gateway, peerAt("fd93:64::1", { local: ["::/0"], remote: ["::/0"] }));
    match(host.ip("route", "get", FAR), /dev in0 /);
    match(host.ip("-6", "route", "get", "2001:db8:2::77"), /dev in0 /);
    // An address makes the difference at once.
    host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
    ok(await settle(() => host.ip("route", "get", FAR).includes("dev cv0"), Boolean));
  });
}

async function leaveOthers(): Promise<void> {
  const host = await layTwoHosts();
  host.ip("tuntap", "add", "cv0", "mode", "tun");
  host.ip("link", "set", "cv0", "up");
  host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
  host.ip("route", "add", `${INSIDE}/32`, "dev", "cv0", "proto", "static");
  host.ip("rule", "add", "from", LOCAL[0] ?? "", "lookup", "77", "pref", "9494");
  const before = tablesOf(host);
  const gateway = await startThere(host, TUN);
  const connection = await connectFrom(gateway, CLIENT);
  const peer = peerAt(INSIDE, { local: LOCAL, remote: [`${INSIDE}/32`] });
  await install(gateway, peer);
  await expectEcho(connection, peer);
  // Another program has the same prefix for a while.
  host.ip("route", "add", `${INSIDE}/32`, "dev", "cv0", "metric", "7", "proto", "static");
  host.ip("route", "del", `${INSIDE}/32`, "dev", "cv0", "metric", "7", "proto", "static");
  await gateway.api.removeSa(peer.outbound.spi);
  deepEqual(tablesOf(host).map(ignoreState), before.map(ignoreState));
  const next = peerAt(INSIDE, { local: LOCAL, remote: [`${INSIDE}/32`], peer: peer.name });
  await gateway.api.installSa(next.outboundBody);
  equal((await gateway.stop()).code, 0, gateway.program.stderr());
  deepEqual(tablesOf(host).map(ignoreState), before.map(ignoreState));
  host.close();
}

/** A device without a reader has no carrier. */
function ignoreState(text: string): string {
  return text.replaceAll(/ linkdown| dead| qdisc \S+/g, "");
}

async function restoreDevice(): Promise<void> {
  const host = await layTwoHosts();
  host.ip("tuntap", "add", "cv0", "mode", "tun");
  host.ip("link", "set", "cv0", "mtu", "1300");
  host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
  const show = (): string => ignoreState(host.ip("address", "show", "cv0"));
  const before = show();
  const gateway = await startThere(host, TUN);
  match(host.ip("link", "show", "cv0"), /[<,]UP[,>].* mtu 1400 /);
  equal((await gateway.stop()).code, 0, gateway.program.stderr());
  // The last queue goes with the process.
  equal(await settle(show, (text) => text === before), before);
  // IPv6 addresses do not outlive a device that is set down, so it stays up.
  host.ip("address", "add", "fd93:29::1/64", "dev", "cv0", "nodad");
  const second = await startThere(host, TUN);
  equal((await second.stop()).code, 0, second.program.stderr());
  match(show(), / mtu 1300 [\s\S]*fd93:29::1\/64/);
  host.close();
}

async function shareHost(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway, connection }) => {
    const peer = peerAt(INSIDE, { local: LOCAL, remote: [`${INSIDE}/32`] });
    await install(gateway, peer);
    const alone = tablesOf(host);
    const second = await startThere(host, [
      ...["--inner", "tun:cv1", "--listen", "0.0.0.0:4501", "--api", `${GATEWAY}:9330`],
    ], { port: 9330 });
    host.ip("address", "add", "10.93.31.1/24", "dev", "cv1");
    const both = { local: ["10.93.31.0/24"], remote: ["10.93.64.0/24", "0.0.0.0/0"] };
    const made = peerAt("10.93.64.2", both);
    const other = { ...made, ends: { ...made.ends, destination: "10.93.31.1" } };
    await install(second, other);
    const through = await connectFrom(second, CLIENT, 4501);
    await expectEcho(through, other);
    await expectEcho(connection, peer);
    equal((await second.stop()).code, 0, second.program.stderr());
    const show = (): string[] => tablesOf(host);
    deepEqual(await settle(show, (now) => now.join() === alone.join()), alone);
    await expectEcho(connection, peer);
  });
}

async function cleanUp(): Promise<void> {
  const host = await layTwoHosts();
  host.ip("tuntap", "add", "cv0", "mode", "tun");
  host.ip("link", "set", "cv0", "up");
  host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
  host.ip("rule", "add", "from", "10.1.0.0/16", "lookup", "77", "pref", "9001", "proto", "93");
  host.ip("route", "add", "10.1.0.0/16", "dev", "in0", "proto", "93");
  const before = tablesOf(host);
  for (const name of ["cv0", "cv1"]) {
    const killed = await startThere(host, ["--inner", `tun:${name}`]);
    host.ip("address", "replace", `${INNER}/24`, "dev", name);
    await install(killed, peerAt(INSIDE, { local: LOCAL, remote: [`${INSIDE}/32`, "0.0.0.0/0"] }));
    killed.program.kill("SIGKILL");
    await killed.program.exited;
  }
  ok(tablesOf(host).join().includes("lookup 9329"), "the killed ones leave rules");
  const gateway = await startThere(host, TUN);
  match(gateway.program.stderr(), /leftovers_removed rules=\d+ routes=2/);
  deepEqual(tablesOf(host).map(ignoreState), before.map(ignoreState));
  equal((await gateway.stop()).code, 0, gateway.program.stderr());
  host.close();
}

async function comeBack(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway, connection }) => {
    const peer = peerAt(INSIDE, { local: LOCAL, remote: [`${INSIDE}/32`] });
    await install(gateway, peer);
    host.ip("link", "set", "cv0", "down");
    await expectUnready(gateway, "tun");
    await expectLine(gateway, /tun_down device=cv0/);
    host.ip("rule", "flush", "proto", "93");
    host.ip("link", "set", "cv0", "up");
    await expectReady(gateway);
    await expectLine(gateway, /tun_up device=cv0/);
    await expectEcho(connection, peer);
  });
}

async function restoreRemoved(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway, connection }) => {
    const remote = [`${INSIDE}/32`, "0.0.0.0/0"];
    const peer = peerAt(INSIDE, { local: LOCAL, remote });
    await install(gateway, peer);
    const [, table = ""] = / (9329\d+1) /.exec(host.ip("rule", "show")) ?? [];
    const all = (): string => host.ip("rule", "show") + host.ip("route", "show", "table", table);
    const before = all();
    host.ip("rule", "flush", "proto", "93");
    deepEqual(await settle(all, (now) => now === before), before);
    for (const to of ["default", `${INSIDE}/32`]) host.ip("route", "del", to, "table", table);
    deepEqual(await settle(all, (now) => now === before), before);
    // The kernel removes them with the last address of the device, and says nothing.
    host.ip("address", "flush", "dev", "cv0");
    host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
    deepEqual(await settle(all, (now) => now === before), before);
    await expectLine(gateway, /routes_restored/);
    await expectEcho(connection, peer);
  });
}

async function missNews(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway, connection }) => {
    const peer = peerAt(INSIDE, { local: LOCAL, remote: [`${INSIDE}/32`] });
    await install(gateway, peer);
    const before = host.ip("rule", "show");
    gateway.program.kill("SIGSTOP");
    try {
      // More than a socket holds.
      const each = "route add unreachable 10.1$((i / 250 + 10)).$((i % 250)).0/24 table 77";
      host.run(
        "sh",
        "-c",
        `i=0; while [ $i -lt 20000 ]; do echo "${each}"; i=$((i+1)); done | ip -batch -`,
      );
      host.ip("rule", "flush", "proto", "93");
      host.ip("route", "flush", "proto", "93", "table", "all");
    } finally {
      gateway.program.kill("SIGCONT");
    }
    await expectLine(gateway, /routes_restored routes=1/);
    equal(host.ip("rule", "show"), before);
    await expectEcho(connection, peer);
  });
}

async function keepMtu(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway, connection }) => {
    const peer = peerAt(INSIDE, { local: LOCAL, remote: [`${INSIDE}/32`] });
    await install(gateway, peer);
    host.ip("link", "set", "cv0", "mtu", "1500");
    await expectLine(gateway, /tun_mtu_restored device=cv0 from=1500 to=1400/);
    match(host.ip("link", "show", "cv0"), / mtu 1400 /);
    await expectEcho(connection, peer);
    // What is too long is refused at once, and what is split arrives.
    ok(!host.succeeds("ping", "-c1", "-W1", "-Mdo", "-s1400", "-I", INNER, INSIDE));
    host.succeeds("ping", "-c1", "-W1", "-Mdont", "-s1400", "-I", INNER, INSIDE);
    const lens: number[] = [];
    for (let i = 0; i < 2; i++) {
      lens.push(openEsp(peer.outbound, await connection.next())?.inner.length ?? 0);
    }
    equal(lens.reduce((sum, len) => sum + len), 2 * 20 + 8 + 1400);
    // A smaller one is the operator's choice.
    host.ip("link", "set", "cv0", "mtu", "1300");
    await expectEcho(connection, peer);
    match(host.ip("link", "show", "cv0"), / mtu 1300 /);
  });
}

async function loseDevice(): Promise<void> {
  await withGateway(TUN, async ({ host, gateway, connection }) => {
    await expectReady(gateway);
    host.ip("link", "delete", "cv0");
    await expectUnready(gateway, "tun");
    await expectLine(gateway, /tun_gone device=cv0/);
    ok(connection.isOpen());
  });
}

/** The host at the far end is the responder here, in the case's own namespace. */
async function connectThrough(local: readonly string[], remote: readonly string[]): Promise<void> {
  const host = await layTwoHosts();
  host.set("net/ipv4/conf/all/rp_filter", "1");
  const responder = startProgram(["serve", "--listen", `${CLIENT}:4500`, "--api", "127.0.0.1:0"]);
  const there = openApi("127.0.0.1", parseListening(await responder.line("listening ")).api.port);
  endWithCase(responder);
  const program = startProgram(["connect", `${CLIENT}:4500`, "--api", "127.0.0.1:9329", ...TUN], {
    runBy: host.enter,
  });
  endWithCase(program);
  await program.line("connecting ");
  host.ip("address", "add", `${INSIDE}/32`, "dev", "cv0");
  const peer = peerAt(INSIDE, { local: ["0.0.0.0/0"], remote: [`${INSIDE}/32`] });
  await there.installSa(peer.inboundBody);
  await there.installSa(peer.outboundBody);
  const turned = { local, remote, peer: "responder" };
  const bodies = [
    { ...peer.outboundBody, ...turned, direction: "inbound" },
    { ...peer.inboundBody, ...turned, direction: "outbound" },
  ];
  for (const body of bodies) equal(installThere(host, body), "201");
  // The echo host of the responder answers behind the tunnel.
  const isEchoed = (): boolean => host.succeeds("ping", "-c1", "-W1", INNER);
  ok(await settle(isEchoed, Boolean), program.stderr());
  // The connection ends, and comes again although everything leads inside.
  const [connection] = (await there.get("/v1/connections") as Listed).connections;
  equal((await there.request("DELETE", `/v1/connections/${connection?.id}`)).status, 204);
  ok(await settle(isEchoed, Boolean), program.stderr());
  program.kill("SIGTERM");
  equal((await program.exited).code, 0, program.stderr());
  responder.kill("SIGTERM");
  await responder.exited;
  there.close();
  host.close();
}

interface Listed {
  readonly connections: readonly { readonly id: number }[];
}

function installThere(host: GatewayHost, body: unknown): string {
  return host.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", ...[
    ...["-H", "content-type: application/json", "-d", JSON.stringify(body)],
    "http://127.0.0.1:9329/v1/sas",
  ]);
}

async function tellAddress(): Promise<void> {
  await withGateway([], async ({ host, gateway }) => {
    host.ip("address", "add", "203.0.113.9/24", "dev", "in0");
    await expectLine(gateway, /addresses_changed/);
  });
}

async function followAddress(): Promise<void> {
  const upstream = ["--upstream", `${DAEMON}:4500`, "--lanes", "2"];
  await withGateway(upstream, async ({ host, gateway, connection }) => {
    const daemon = await openIkeDaemon(4500, DAEMON);
    const [old, others] = ["203.0.113.9", [NEIGHBOUR, FAR]];
    host.ip("address", "add", `${old}/24`, "dev", "in0");
    const more = await Promise.all(others.map((address) => connectFrom(gateway, address)));
    const clients = [connection, ...more];
    for (const client of clients) equal(await exchange(client, daemon), GATEWAY);
    const expectMove = async (source: string): Promise<void> => {
      const all = clients.map(() => source);
      deepEqual(await settle(() => sourcesOf(gateway), (now) => now.join() === all.join()), all);
      for (const client of clients) equal(await exchange(client, daemon), source);
    };
    host.ip("route", "add", `${DAEMON}/32`, "via", "203.0.113.254", "src", old);
    await expectMove(old);
    // The route goes with the address, and the default one has another source.
    host.ip("address", "del", `${old}/24`, "dev", "in0");
    await expectMove(GATEWAY);
    await daemon.close();
  });
}

/** Sends a message to the daemon and back. Returns the address from which it came there. */
async function exchange(client: Originator, daemon: IkeDaemon): Promise<string> {
  const message = ikeMessage({ spiR: 9n, exchange: 35 });
  await client.send(ikeFrame(message));
  const datagram = await daemon.next();
  await daemon.send(datagram, datagram.octets);
  deepEqual((await client.next()).subarray(4), message);
  return datagram.address;
}

/** The addresses from which the daemon hears of the connections. */
async function sourcesOf({ api }: Gateway): Promise<string[]> {
  const { text } = await api.request("GET", "/v1/connections");
  return [...text.matchAll(/"upstreamLocal":\s*"([\d.]+):\d+"/g)].map(([, source = ""]) => source);
}

interface Scene {
  readonly host: GatewayHost;
  readonly gateway: Gateway;
  /** Of the client at 198.51.100.7. */
  readonly connection: Originator;
}

/** A gateway with a client, whose TUN has an address. */
async function withGateway(
  args: readonly string[],
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const host = await layTwoHosts();
  const gateway = await startThere(host, args);
  try {
    if (args.includes("tun:cv0")) host.ip("address", "add", `${INNER}/24`, "dev", "cv0");
    await run({ host, gateway, connection: await connectFrom(gateway, CLIENT) });
  } finally {
    equal((await gateway.stop()).code, 0, gateway.program.stderr());
    host.close();
  }
}

/** The device that packets to an address leave by. */
function deviceOf(host: GatewayHost, ...query: readonly string[]): string {
  return / dev (\S+)/.exec(host.ip("route", "get", ...query))?.[1] ?? "";
}

async function expectLine({ program }: Gateway, line: RegExp): Promise<void> {
  match(await settle(() => program.stderr(), (text) => line.test(text)), line);
}

async function expectUnready({ api }: Gateway, reason: string): Promise<void> {
  const ask = (): ReturnType<typeof api.request> => api.request("GET", "/readyz");
  const { status, text } = await settle(ask, (answer) => answer.status === 503);
  deepEqual([status, (JSON.parse(text) as { reasons: unknown }).reasons], [503, [reason]]);
}

async function expectReady({ api }: Gateway): Promise<void> {
  const ask = (): ReturnType<typeof api.request> => api.request("GET", "/readyz");
  equal((await settle(ask, (answer) => answer.status === 200)).status, 200);
}

if (import.meta.main) await runCase(CASES);
