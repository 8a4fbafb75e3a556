// The cases of roles_test.ts. `roles_program.ts NAME` ends with 0 if the case holds. The namespace
// is otherwise empty: every TCP connection that is opened in it is known, and every port is free.

import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { setOption } from "../../gateway/linux/sockets.ts";
import { expectEcho, expectPong, freshPing } from "../support/echo.ts";
import { openEsp, sealEsp } from "../support/esp.ts";
import { ikeFrame, ikeMessage } from "../support/frames.ts";
import { startGateway } from "../support/gateway.ts";
import { openIkeDaemon } from "../support/ike_daemon.ts";
import { addressOctets, checksum, pingPacket } from "../support/inner_packet.ts";
import { type Cases, ip, runCase } from "../support/namespace.ts";
import { addPeer } from "../support/peers.ts";
import { connectUdp, openTestKernel, sendText } from "../support/test_kernel.ts";

export const CASES: Cases = {
  "T1, T2: ports 4500 and 443 serve originators from any port": servePorts,
  "T6, T43: a responder opens no TCP connection, whatever becomes of its peers": neverDial,
  "T105: after a restart an idle originator recovers by its next packet": recover,
  "T124, T125: DSCP and ECN of inner packets stay, both ways": keepMarks,
};

const LISTENERS = [
  "--listen",
  "127.0.0.1:4500",
  "--listen",
  "[::1]:4500",
  "--listen",
  "127.0.0.1:443",
];

async function servePorts(): Promise<void> {
  const gateway = await startGateway(LISTENERS);
  const peer = await addPeer(gateway.api);
  deepEqual(gateway.tcp.map(({ port }) => port), [4500, 4500, 443]);
  for (const { host, port } of gateway.tcp) {
    // An originator's own 4500, where no listener has it.
    const [localAddress, own] = host === "::1" ? [host, []] : ["127.0.0.2", [4500]];
    for (const localPort of [0, 1023, 60_000, ...own]) {
      const connection = await gateway.connect({ host, port, localAddress, localPort });
      await expectEcho(connection, peer);
      // Its port is free at once.
      connection.reset();
    }
  }
  equal((await gateway.stop()).code, 0);
}

async function neverDial(): Promise<void> {
  const daemon = await openIkeDaemon();
  const gateway = await startGateway(["--upstream", `127.0.0.1:${daemon.port}`]);
  const peer = await addPeer(gateway.api);
  const before = activeOpens();
  const rounds = 40;
  for (let round = 0; round < rounds; round++) {
    const connection = await gateway.connect();
    await connection.send(ikeFrame(ikeMessage({ exchange: 36, messageId: round })));
    const from = await daemon.next();
    // The daemon begins a rekey: the I flag is now its own, and the TCP originator stays the same.
    await daemon.send(
      from,
      Buffer.concat([Buffer.alloc(4), ikeMessage({ exchange: 36, spiR: 1n })]),
    );
    await connection.next();
    await expectEcho(connection, peer);
    if (round % 2 === 0) connection.reset();
    else connection.halfClose();
    // Packets for the peer have no path now, and the gateway looks for none.
    await daemon.send(from, ikeMessage());
  }
  equal(activeOpens() - before, rounds, "connections opened in this namespace");
  equal((await gateway.stop()).code, 0);
  await daemon.close();
}

/** TCP connections that were ever opened from here. The API's client keeps its own. */
function activeOpens(): number {
  const [names = "", values = ""] = readFileSync("/proc/net/snmp", "utf8").split("\n")
    .filter((line) => line.startsWith("Tcp:"));
  return Number(values.split(" ")[names.split(" ").indexOf("ActiveOpens")]);
}

async function recover(): Promise<void> {
  const listen = ["--listen", "127.0.0.1:4500"];
  const first = await startGateway(listen);
  const peer = await addPeer(first.api);
  const idle = await first.connect();
  await expectEcho(idle, peer);
  first.program.kill("SIGKILL");
  await first.program.exited;
  first.api.close();
  const second = await startGateway(listen);
  // The originator has heard of the end at once; otherwise the kernel would answer its next packet
  // with RST.
  await idle.ended();
  const again = await addPeer(second.api);
  await expectEcho(await second.connect(), again);
  equal((await second.stop()).code, 0);
}

/** DSCP EF (RFC 3246) with ECT(1) (RFC 3168). */
const TOS = 0xb9;
const DISCARD_PORT = 9;

/** `linux/in.h`. */
const IPPROTO_IP = 0;
const IP_TOS = 1;

const TUN = "cv0";

async function keepMarks(): Promise<void> {
  const echo = await startGateway();
  const first = await addPeer(echo.api);
  const connection = await echo.connect();
  const ping = freshPing();
  await connection.sendFrames(sealEsp(first.inbound, marked(pingPacket(first.ends, ping))));
  // The echo host sends the packet back and changes part of it: the rest has come through twice.
  equal((await expectPong(connection, first, ping)).inner.readUInt8(1), TOS);
  equal((await echo.stop()).code, 0);
  const gateway = await startGateway(["--inner", `tun:${TUN}`]);
  ip("address", "replace", "10.93.29.1/24", "dev", TUN);
  const peer = await addPeer(gateway.api);
  const tunnel = await gateway.connect();
  await expectEcho(tunnel, peer);
  sendMarked(peer.ends.source);
  equal(openEsp(peer.outbound, await tunnel.next())?.inner.readUInt8(1), TOS);
  equal((await gateway.stop()).code, 0);
}

/** Sends a marked datagram from this host: Node's sockets cannot set the TOS octet. */
function sendMarked(to: string): void {
  const kernel = openTestKernel();
  const fd = connectUdp(kernel, { remote: { octets: addressOctets(to), port: DISCARD_PORT } });
  setOption(kernel, fd, { level: IPPROTO_IP, name: IP_TOS, value: TOS });
  sendText(kernel, fd, "marked");
  kernel.libc.close(fd);
}

/** The packet with another TOS octet. */
function marked(packet: Buffer): Buffer {
  packet.writeUInt8(TOS, 1);
  packet.writeUInt16BE(0, 10);
  packet.writeUInt16BE(checksum([packet.subarray(0, 20)]), 10);
  return packet;
}

if (import.meta.main) await runCase(CASES);
