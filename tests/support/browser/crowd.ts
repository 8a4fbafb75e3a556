// Many clients at once. Every third one sends IKE through the gateway at a rate of its own that
// rises and falls, and some come and go all the time.

import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Gateway } from "../gateway.ts";
import type { Originator } from "../originator.ts";
import { sleep } from "../wait.ts";

/** A stand-in for an IKE daemon: it sends every message back and keeps nothing. */
export interface EchoDaemon {
  readonly port: number;
  close(): void;
}

/** Opens one on loopback. */
export async function openEchoDaemon(): Promise<EchoDaemon> {
  const socket = createSocket("udp4");
  socket.on("message", (octets, { port, address }) => socket.send(octets, port, address));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, close: () => void socket.close() };
}

export interface Crowd {
  /** Ends the traffic; the gateway ends the connections. */
  leave(): Promise<void>;
}

/** Connects `count` clients and keeps them busy. */
export async function openCrowd(gateway: Gateway, count: number): Promise<Crowd> {
  const clients: Originator[] = [];
  while (clients.length < count) {
    clients.push(...await Promise.all(Array.from({ length: 50 }, () => gateway.connect())));
  }
  let isEnding = false;
  const rounds = (async () => {
    for (let round = 0; !isEnding; round++) {
      await Promise.all(
        clients.map((client, i) => i % 3 === 0 ? speak(client, round, i) : undefined),
      );
      await replaceOne(gateway, clients, round);
      await sleep(ROUND_MS);
    }
  })();
  return {
    async leave(): Promise<void> {
      isEnding = true;
      await rounds;
    },
  };
}

const ROUND_MS = 1000;

/** Sends one or more messages, whose length follows a wave of the client's own. */
async function speak(client: Originator, round: number, i: number): Promise<void> {
  const len = 64 + Math.round(500 * (1 + Math.sin(round / 3 + i)));
  const ike = Buffer.alloc(len);
  // RFC 7296 §3.1: Length, behind the non-ESP marker.
  ike.writeUInt32BE(len - 4, 28);
  await client.sendFrames(ike);
  while (client.waiting() > 0) await client.next();
}

async function replaceOne(gateway: Gateway, clients: Originator[], round: number): Promise<void> {
  const at = round % clients.length;
  clients[at]?.close();
  clients[at] = await gateway.connect();
}
