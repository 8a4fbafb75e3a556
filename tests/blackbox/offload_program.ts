// The cases of offload_test.ts, each run as a program of its own in a fresh network namespace.
// `offload_program.ts NAME` ends with 0 if the case holds. The device's counters tell packets of
// many segments from plain ones.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { expectEcho } from "../support/echo.ts";
import { openEsp, sealEsp } from "../support/esp.ts";
import { EINVAL } from "../../gateway/linux/constants.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { udpPacket, withId } from "../support/inner_packet.ts";
import { type Cases, ip, runCase, silenceHost } from "../support/namespace.ts";
import type { Originator } from "../support/originator.ts";
import { addPeer, type Peer } from "../support/peers.ts";
import type { SpawnOptions } from "../support/program.ts";
import { refuseCalls, type Refused } from "../support/seccomp.ts";
import { ACK, parseTcp, PSH, SYN, tcpPacket, type TcpSegment } from "../support/tcp_packet.ts";
import { settle } from "../support/wait.ts";

export const CASES: Cases = {
  "datagrams of one flow reach the host in one packet of many": joinDatagrams,
  "a stream of the host leaves in segments, and its answer comes in packets of many": carryStream,
  "a kernel that refuses joined datagrams gets each by itself, all of them, and is told of once":
    refuseDatagrams,
  "a kernel that refuses joined segments gets each by itself, all of them, and is told of once":
    refuseSegments,
  "--tun-udp-offload off gives and takes datagrams one by one, and TCP as before": switchUdpOff,
  "--tun-tcp-offload off gives and takes segments one by one, and UDP as before": switchTcpOff,
  "with both switches off the device has no header": switchBothOff,
};

const TUN = "cv0";
const HOST = "10.93.29.1";
const PATIENCE_MS = 10_000;

async function joinDatagrams(): Promise<void> {
  await withTun(async (gateway) => {
    equal(await sendDatagrams(gateway), 1, "packets for 40 datagrams");
  });
}

/**
 * Sends 40 datagrams of one flow at once, and expects all of them at the host. Returns the packets
 * that the device was given for them.
 */
async function sendDatagrams(gateway: Gateway): Promise<number> {
  const peer = await addPeer(gateway.api);
  const connection = await gateway.connect();
  await expectEcho(connection, peer);
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => void socket.bind(0, HOST, resolve));
  const got: Buffer[] = [];
  socket.on("message", (octets: Buffer) => void got.push(octets));
  const { port } = socket.address();
  const sent = Array.from({ length: 40 }, (_, i) => Buffer.alloc(i === 39 ? 100 : 900, i));
  const before = counted("rx_packets");
  const inner = sent.map((data, id) => withId(udpPacket(peer.ends, { data, port }), id));
  const frames = inner.map((packet) => sealEsp(peer.inbound, packet));
  await whilePaused(gateway, () => connection.sendFrames(...frames));
  await settle(() => got.length, (count) => count >= sent.length);
  deepEqual(got, sent);
  socket.close();
  connection.close();
  return counted("rx_packets") - before;
}

async function refuseDatagrams(): Promise<void> {
  await withTun(async (gateway) => {
    equal(await sendDatagrams(gateway), 40);
    equal(await sendDatagrams(gateway), 40);
    await expectOffloads(gateway, ["on", "refused"]);
    await expectTold(gateway, "call=tun_udp_join reason=EINVAL");
  }, { runBy: refuseCalls(JOINED) });
}

async function refuseSegments(): Promise<void> {
  await withTun(async (gateway) => {
    equal(await exchangeStream(gateway), 40);
    equal(await exchangeStream(gateway), 40);
    await expectTold(gateway, "call=tun_tcp_join reason=EINVAL");
  }, { runBy: refuseCalls(JOINED) });
}

async function switchUdpOff(): Promise<void> {
  await withTun(async (gateway) => {
    await expectOffloads(gateway, ["on", "off"]);
    equal(await sendDatagrams(gateway), 40);
    equal(await exchangeStream(gateway), 2);
  }, { args: ["--tun-udp-offload", "off"] });
}

async function switchTcpOff(): Promise<void> {
  await withTun(async (gateway) => {
    await expectOffloads(gateway, ["off", "on"]);
    equal(await sendDatagrams(gateway), 1);
    equal(await exchangeStream(gateway, { isCut: true }), 40);
  }, { args: ["--tun-tcp-offload", "off"] });
}

async function switchBothOff(): Promise<void> {
  await withTun(async (gateway) => {
    await expectOffloads(gateway, ["off", "off"]);
    ok(!ip("-details", "link", "show", TUN).includes("vnet_hdr on"));
    equal(await sendDatagrams(gateway), 40);
    equal(await exchangeStream(gateway, { isCut: true }), 40);
  }, { args: ["--tun-tcp-offload", "off", "--tun-udp-offload", "off"] });
}

/** Expects the status of the TUN's offloads: TCP, UDP. */
async function expectOffloads({ api }: Gateway, expected: readonly string[]): Promise<void> {
  const { offloads } = await api.get("/v1/status") as { offloads: Record<string, unknown> };
  deepEqual([offloads.tunTcp, offloads.tunUdp], expected);
}

/**
 * Joined packets have a part each; nothing else that the gateway writes has so many parts. Kernels
 * of Debian 12 did this.
 */
const JOINED: Refused = { call: "writev", errno: EINVAL, given: [{ at: 2, above: 8 }] };

/** Expects the one line of the log about a refused call. */
async function expectTold({ program }: Gateway, fields: string): Promise<void> {
  const told = (): string[] =>
    program.stderr().split("\n").filter((line) => line.includes("call_refused"));
  const lines = await settle(told, ({ length }) => length > 0);
  equal(lines.length, 1, program.stderr());
  ok(lines[0]?.endsWith(`call_refused lane=0 ${fields}`), lines[0]);
}

async function carryStream(): Promise<void> {
  await withTun(async (gateway) => {
    equal(await exchangeStream(gateway), 2, "packets for 40 segments, the 20th with PSH");
  });
}

/**
 * Has the host send a stream, which it gives in packets of many segments unless it must cut it, and
 * answers with 40 segments at once. Returns the packets that the device was given for those.
 */
async function exchangeStream(gateway: Gateway, { isCut = false } = {}): Promise<number> {
  const peer = await addPeer(gateway.api);
  const connection = await gateway.connect();
  await expectEcho(connection, peer);
  const socket = connect({ host: peer.ends.source, port: 5001 });
  const stack = { peer, connection, next: 0, ack: 0, port: 0 };
  await acceptStream(stack);
  await once(socket, "connect");
  const request = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i >> 4) % 251));
  const sentBefore = counted("tx_packets");
  socket.write(request);
  const { octets, segments } = await readStream(stack, request.length);
  ok(octets.equals(request), "the stream of the host");
  const sent = counted("tx_packets") - sentBefore;
  // The host chooses how many segments each packet has, by what was acknowledged; the first flight
  // alone is ten segments.
  // The acknowledgement of the handshake may have left before.
  const many = isCut ? sent >= segments - 1 : sent <= segments - 9;
  ok(segments >= 220 && many, `${sent} packets for ${segments} segments`);
  const packets = await answerStream(gateway, stack, socket);
  socket.destroy();
  connection.close();
  return packets;
}

/** One side of a TCP connection without a stack of its own: its peer loses nothing. */
interface Stack {
  readonly peer: Peer;
  readonly connection: Originator;
  next: number;
  ack: number;
  port: number;
}

async function nextSegment({ peer, connection }: Stack): Promise<TcpSegment> {
  const opened = openEsp(peer.outbound, await connection.next());
  return parseTcp(opened?.inner ?? Buffer.alloc(0));
}

async function acceptStream(stack: Stack): Promise<void> {
  const syn = await nextSegment(stack);
  deepEqual([syn.flags & (SYN | ACK), syn.isIntact], [SYN, true]);
  stack.port = syn.sourcePort;
  stack.next = 1000;
  stack.ack = (syn.seq + 1) >>> 0;
  await sendSegments(stack, [{ flags: SYN | ACK, data: Buffer.alloc(0) }]);
  stack.next = 1001;
}

async function sendSegments(
  stack: Stack,
  parts: readonly { readonly flags: number; readonly data: Buffer }[],
): Promise<void> {
  const { peer, connection, ack, port } = stack;
  const packets = parts.map(({ flags, data }, id) => {
    const packet = tcpPacket(peer.ends, { id, port, seq: stack.next, ack, flags, data });
    stack.next = (stack.next + data.length) >>> 0;
    return sealEsp(peer.inbound, packet);
  });
  await connection.sendFrames(...packets);
}

/** Reads and acknowledges the host's octets until there are `len` of them. */
async function readStream(
  stack: Stack,
  len: number,
): Promise<{ octets: Buffer; segments: number }> {
  const first = stack.ack;
  const octets = Buffer.alloc(len);
  let segments = 0;
  while ((stack.ack - first) >>> 0 < len) {
    const { seq, data, isIntact } = await nextSegment(stack);
    ok(isIntact, "length and checksums");
    segments++;
    data.copy(octets, (seq - first) >>> 0);
    if (seq !== stack.ack) continue;
    stack.ack = (seq + data.length) >>> 0;
    await sendSegments(stack, [{ flags: ACK, data: Buffer.alloc(0) }]);
  }
  return { octets, segments };
}

/**
 * Sends 40 segments at once, and expects them in the host's stream. Returns the packets that the
 * device was given for them.
 */
async function answerStream(
  gateway: Gateway,
  stack: Stack,
  socket: ReturnType<typeof connect>,
): Promise<number> {
  const got: Buffer[] = [];
  socket.on("data", (octets: Buffer) => void got.push(octets));
  const parts = Array.from({ length: 40 }, (_, i) => ({
    flags: i % 20 === 19 ? ACK | PSH : ACK,
    data: Buffer.alloc(1000, i),
  }));
  // Its answer says that all acknowledgements before it have reached the host.
  await expectEcho(stack.connection, stack.peer);
  const before = counted("rx_packets");
  await whilePaused(gateway, () => sendSegments(stack, parts));
  const wanted = Buffer.concat(parts.map(({ data }) => data));
  await settle(() => Buffer.concat(got).length, (len) => len >= wanted.length, PATIENCE_MS);
  ok(Buffer.concat(got).equals(wanted), "the stream of the peer");
  return counted("rx_packets") - before;
}

/** Everything that `send` sends lies in the gateway's socket before the gateway reads any of it. */
async function whilePaused({ program }: Gateway, send: () => Promise<void>): Promise<void> {
  process.kill(program.pid, "SIGSTOP");
  try {
    await send();
  } finally {
    process.kill(program.pid, "SIGCONT");
  }
}

/** A gateway whose device has the host's address, until `run` is done. */
async function withTun(
  run: (gateway: Gateway) => Promise<void>,
  options: SpawnOptions & { readonly args?: readonly string[] } = {},
): Promise<void> {
  const gateway = await startGateway(["--inner", `tun:${TUN}`, ...options.args ?? []], options);
  try {
    ip("address", "replace", `${HOST}/24`, "dev", TUN);
    await run(gateway);
  } finally {
    equal((await gateway.stop()).code, 0, gateway.program.stderr());
  }
}

/** The device's counters: rx is from the gateway to the host. */
function counted(name: "rx_packets" | "tx_packets"): number {
  const line = readFileSync("/proc/self/net/dev", "utf8").split("\n").find((each) =>
    each.includes(`${TUN}:`)
  );
  const columns = (line ?? "").split(":")[1]?.trim().split(/\s+/).map(Number) ?? [];
  return columns[name === "rx_packets" ? 1 : 9] ?? 0;
}

if (import.meta.main) {
  silenceHost();
  await runCase(CASES);
}
