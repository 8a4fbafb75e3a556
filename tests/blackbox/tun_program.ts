// The cases of tun_test.ts, each run as a program of its own in a fresh network namespace.
// `tun_program.ts NAME` ends with 0 if the case holds.
//
//     client -- TCP on lo -- gateway -- cv0 (10.93.29.1/24) -- this host's own stack

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { expectEcho, sendPing } from "../support/echo.ts";
import { openEsp, sealEsp } from "../support/esp.ts";
import { openApi } from "../support/api.ts";
import { type Gateway, parseListening, startGateway } from "../support/gateway.ts";
import { parsePacket, PROTOCOL_UDP, udpPacket } from "../support/inner_packet.ts";
import { watchMetrics } from "../support/metrics.ts";
import { type Cases, ip, runCase, silenceHost } from "../support/namespace.ts";
import { addPeer, ECHO_ADDRESS, makePeer } from "../support/peers.ts";
import { startProgram } from "../support/program.ts";
import { settle, sleep } from "../support/wait.ts";

export const CASES: Cases = {
  "the host's own stack answers pings through the TUN, in both directions": pingHost,
  "a route stands for each outbound SA's remote, and no longer": followRoutes,
  "E51: a route goes with the SA that has reached a hard limit": endRoute,
  "T26, T123: what the host sends is cut to --inner-mtu before it is sealed": fragment,
  "a packet without a policy is NoPolicy, one without a path NoPath": dropOutbound,
  "E34: an inner packet that is no IP never reaches the device": refuseInner,
  "a device that is down takes no more: InnerFull": fillInner,
  "a device that is removed is told of": loseDevice,
  "a device that the gateway has made goes with it, one that was there stays": leaveDevice,
  "two lanes share a device, one queue each": shareDevice,
  "connect carries what its TUN sends": originate,
};

const TUN = "cv0";
const HOST = "10.93.29.1";

async function pingHost(): Promise<void> {
  await withTun(async (gateway) => {
    const peer = await addPeer(gateway.api);
    const connection = await gateway.connect();
    for (let i = 0; i < 20; i++) await expectEcho(connection, peer);
    const { socket, port, received } = await openUdp();
    const data = Buffer.from("from the peer");
    await connection.sendFrames(sealEsp(peer.inbound, udpPacket(peer.ends, { data, port })));
    const [first] = await settle(received, ({ length }) => length > 0);
    deepEqual(first, { text: "from the peer", address: peer.ends.source, port: 40_000 });
    socket.send("from the host", 40_000, peer.ends.source);
    const opened = openEsp(peer.outbound, await connection.next());
    const { payload, isIntact } = parsePacket(opened?.inner ?? Buffer.alloc(0));
    deepEqual([isIntact, payload.subarray(8).toString()], [true, "from the host"]);
    socket.close();
  });
}

async function followRoutes(): Promise<void> {
  await withTun(async (gateway) => {
    const peer = makePeer();
    await gateway.api.installSa(peer.inboundBody);
    deepEqual(hostRoutes(), []);
    await gateway.api.installSa(peer.outboundBody);
    deepEqual(hostRoutes(), [peer.ends.source]);
    const next = makePeer();
    const { remote } = peer.outboundBody;
    await gateway.api.installSa({ ...next.outboundBody, peer: peer.name, remote });
    await gateway.api.removeSa(peer.outbound.spi);
    deepEqual(hostRoutes(), [peer.ends.source]);
    await gateway.api.removeSa(next.outbound.spi);
    deepEqual(hostRoutes(), []);
  });
}

async function endRoute(): Promise<void> {
  await withTun(async (gateway) => {
    const peer = await addPeer(gateway.api, { outbound: { hardSeconds: 2 } });
    deepEqual(hostRoutes(), [peer.ends.source]);
    deepEqual(await settle(hostRoutes, ({ length }) => length === 0), []);
    // The next holder of the address gets it.
    const { local, remote } = peer.outboundBody;
    await gateway.api.removeSa(peer.inbound.spi);
    const next = makePeer();
    await gateway.api.installSa({ ...next.outboundBody, local, remote });
    deepEqual(hostRoutes(), [peer.ends.source]);
  });
}

async function fragment(): Promise<void> {
  await withTun(async (gateway) => {
    const peer = await addPeer(gateway.api);
    const connection = await gateway.connect();
    await expectEcho(connection, peer);
    const { socket } = await openUdp();
    const sentLen = 1400 - 28 + 1;
    socket.send(Buffer.alloc(sentLen, 0x5a), 40_000, peer.ends.source);
    const parts: Fragment[] = [];
    for (let i = 0; i < 2; i++) {
      const opened = openEsp(peer.outbound, await connection.next());
      parts.push(readFragment(opened?.inner ?? Buffer.alloc(0)));
    }
    parts.sort((a, b) => a.offset - b.offset);
    const [first, last] = parts;
    const { isLast, offset, len } = first ?? { isLast: true, offset: -1, len: 0 };
    deepEqual({ isLast, offset }, { isLast: false, offset: 0 });
    deepEqual(last, { isLast: true, offset: len, len: 8 + sentLen - len });
    ok(len + 20 <= 1400, String(len));
    socket.close();
  });
}

interface Fragment {
  readonly isLast: boolean;
  readonly offset: number;
  readonly len: number;
}

/** Where an IPv4 fragment of a UDP datagram stands (RFC 791 §3.1). */
function readFragment(packet: Buffer): Fragment {
  equal(packet.readUInt8(9), PROTOCOL_UDP);
  const field = packet.readUInt16BE(6);
  const len = packet.readUInt16BE(2) - 20;
  return { isLast: (field & 0x2000) === 0, offset: 8 * (field & 0x1fff), len };
}

async function dropOutbound(): Promise<void> {
  await withTun(async (gateway) => {
    const peer = await addPeer(gateway.api);
    ip("route", "add", "10.99.0.0/16", "dev", TUN);
    const watch = await watchMetrics(gateway.api);
    const { socket } = await openUdp();
    socket.send("x", 40_000, "10.99.1.1");
    socket.send("x", 40_000, peer.ends.source);
    socket.send("x", 40_000, peer.ends.source);
    await watch.expect({ drops: { no_policy: 1, no_path: 2 } });
    socket.close();
    const connection = await gateway.connect();
    // Packets without a path took no number.
    equal((await expectEcho(connection, peer)).seq, 1n);
  });
}

async function refuseInner(): Promise<void> {
  await withTun(async (gateway) => {
    const peer = await addPeer(gateway.api);
    const connection = await gateway.connect();
    await expectEcho(connection, peer);
    const watch = await watchMetrics(gateway.api);
    await connection.sendFrames(sealEsp(peer.inbound, Buffer.alloc(40, 0x75), { nextHeader: 4 }));
    await watch.expect({ drops: { inner_invalid: 1 } });
    await expectEcho(connection, peer);
  });
}

async function fillInner(): Promise<void> {
  await withTun(async (gateway) => {
    const peer = await addPeer(gateway.api);
    const connection = await gateway.connect();
    await expectEcho(connection, peer);
    const watch = await watchMetrics(gateway.api);
    ip("link", "set", TUN, "down");
    for (let i = 0; i < 3; i++) await sendPing(connection, peer);
    await watch.expect({ drops: { inner_full: 3 } });
    ok(connection.isOpen());
  });
}

async function loseDevice(): Promise<void> {
  await withTun(async (gateway) => {
    const peer = await addPeer(gateway.api);
    const connection = await gateway.connect();
    await expectEcho(connection, peer);
    ip("link", "delete", TUN);
    await settle(() => gateway.program.stderr(), (log) => log.includes("tun_failed"));
    ok(gateway.program.stderr().includes("tun_failed lane=0 reason=EBADFD"));
    ok(connection.isOpen());
  });
}

async function leaveDevice(): Promise<void> {
  await withTun(() => Promise.resolve());
  ok(!ip("link", "show").includes(TUN), "the device is left");
  ip("tuntap", "add", TUN, "mode", "tun");
  await withTun(async (gateway) => {
    const peer = await addPeer(gateway.api);
    await expectEcho(await gateway.connect(), peer);
  });
  ok(ip("link", "show").includes(TUN), "the device is gone");
  deepEqual(hostRoutes(), []);
}

async function shareDevice(): Promise<void> {
  await withTun(async (gateway) => {
    for (let i = 0; i < 8; i++) {
      const peer = await addPeer(gateway.api);
      const connection = await gateway.connect();
      for (let n = 0; n < 5; n++) await expectEcho(connection, peer);
    }
  }, ["--lanes", "2"]);
}

/** The originator's device has the peer's inner address; the echo host is behind the responder. */
async function originate(): Promise<void> {
  const responder = await startGateway();
  const [target] = responder.tcp;
  const text = `${target?.host}:${target?.port}`;
  const program = startProgram([
    ...["connect", text, "--api", "127.0.0.1:0", "--inner", `tun:${TUN}`],
  ]);
  const { host, port } = parseListening(await program.line("connecting ")).api;
  const api = openApi(host, port, undefined);
  const peer = await addPeer(responder.api);
  ip("address", "replace", `${peer.ends.source}/32`, "dev", TUN);
  const turned = {
    local: peer.inboundBody.remote,
    remote: peer.inboundBody.local,
    peer: "responder",
  };
  await api.installSa({ ...peer.outboundBody, ...turned, direction: "inbound" });
  await api.installSa({ ...peer.inboundBody, ...turned, direction: "outbound" });
  const { socket, received } = await openUdp(peer.ends.source);
  const isEchoed = async (): Promise<boolean> => {
    socket.send("there and back", 7, ECHO_ADDRESS);
    await sleep(20);
    return received().some(({ text }) => text === "there and back");
  };
  ok(await settle(isEchoed, (isThere) => isThere));
  socket.close();
  api.close();
  program.kill("SIGTERM");
  equal((await program.exited).code, 0, program.stderr());
  equal((await responder.stop()).code, 0);
}

/** A gateway whose device has the host's address, until `run` is done. */
async function withTun(
  run: (gateway: Gateway) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const gateway = await startGateway(["--inner", `tun:${TUN}`, ...args]);
  try {
    ip("address", "replace", `${HOST}/24`, "dev", TUN);
    await run(gateway);
  } finally {
    equal((await gateway.stop()).code, 0, gateway.program.stderr());
  }
}

interface Received {
  readonly text: string;
  readonly address: string;
  readonly port: number;
}

async function openUdp(address = HOST): Promise<{
  socket: ReturnType<typeof createSocket>;
  port: number;
  received: () => readonly Received[];
}> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => void socket.bind(0, address, resolve));
  const got: Received[] = [];
  socket.on("message", (octets: Buffer, { address, port }) => {
    got.push({ text: octets.toString(), address, port });
  });
  return { socket, port: socket.address().port, received: () => got };
}

/** Routes to single hosts through the device, in whatever table. */
function hostRoutes(): string[] {
  const routes = ip("-4", "route", "show", "dev", TUN, "table", "all").split("\n");
  return routes.map((line) => line.split(" ")[0] ?? "").filter((to) => /^10\.93\.6\d/.test(to));
}

if (import.meta.main) {
  silenceHost();
  await runCase(CASES);
}
