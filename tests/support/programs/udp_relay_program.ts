// Puts one UDP IKE peer into one TCP connection, as a client behind blocked UDP needs it (RFC 9329
// §6): UDP 500 and 4500 of an address on one side, the gateway's TCP port on the other. It takes
// what UDP has of its own: the port that the peer floats to, the non-ESP marker, NAT keepalives. It
// dials when something is to be sent and no connection is there. A line `cut` on its standard input
// resets the connection.
//
//     udp_relay_program.ts ADDRESS GATEWAY:PORT

import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { connect } from "node:net";
import type { Socket } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { createFrameReader, frame, ikeFrame, MARKER_LEN, STREAM_PREFIX } from "../frames.ts";

/** The peer's way to say where it is: the socket that it spoke to, and its own port. */
interface Way {
  readonly socket: UdpSocket;
  readonly hasMarker: boolean;
  readonly address: string;
  readonly port: number;
}

const [address = "", gateway = ""] = process.argv.slice(2);
const [gatewayHost = "", gatewayPort] = gateway.split(":");
let way: Way | undefined;
let tcp: Socket | undefined;

function dial(): Socket {
  const socket = connect(Number(gatewayPort), gatewayHost);
  const reader = createFrameReader();
  socket.setNoDelay().write(STREAM_PREFIX);
  socket.on("data", (octets) => reader.push(Buffer.from(octets)).forEach(toPeer));
  socket.on("error", (error) => say(`tcp: ${error.message}`));
  socket.on("close", () => {
    say("closed");
    if (tcp === socket) tcp = undefined;
  });
  say("dialled");
  return socket;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function toGateway(payload: Uint8Array, hasMarker: boolean): void {
  const isKeepalive = hasMarker && payload.length === 1;
  if (isKeepalive) return;
  tcp ??= dial();
  tcp.write(hasMarker ? frame(payload) : ikeFrame(payload));
}

function toPeer(payload: Buffer): void {
  if (way === undefined || payload.length <= MARKER_LEN) return;
  // To port 500 go only messages without marker, and ESP goes to 4500 alone (RFC 3948 §2).
  const isIke = payload.readUInt32BE(0) === 0;
  if (!way.hasMarker && !isIke) return;
  way.socket.send(way.hasMarker ? payload : payload.subarray(MARKER_LEN), way.port, way.address);
}

for (const [port, hasMarker] of [[500, false], [4500, true]] as const) {
  const socket = createSocket("udp4");
  socket.on("message", (payload, from) => {
    way = { socket, hasMarker, address: from.address, port: from.port };
    toGateway(payload, hasMarker);
  });
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
}
say("relaying");
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "cut") tcp?.resetAndDestroy();
});
