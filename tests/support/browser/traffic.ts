// Traffic of many clients at once that shows in every part of the dashboard: ESP in waves, IKE,
// replays, broken packets, and strangers.

import { Buffer } from "node:buffer";
import { sealPing } from "../echo.ts";
import type { Gateway } from "../gateway.ts";
import { sleep } from "../wait.ts";
import type { Client } from "./browser_gateway.ts";

/** Sends until you call the result, which waits for the last round. */
export function keepTraffic(gateway: Gateway, clients: readonly Client[]): () => Promise<void> {
  let isEnding = false;
  const rounds = (async () => {
    for (let round = 0; !isEnding; round++) {
      for (const [i, client] of clients.entries()) await sendWave(client, round, i);
      const client = clients[round % clients.length];
      if (client !== undefined && round % 5 === 0) await sendFaults(client);
      if (round % 20 === 0) await knock(gateway);
      await sleep(100);
    }
  })();
  return async () => {
    isEnding = true;
    await rounds;
  };
}

/**
 * Sends more and fewer packets, each client in its own time. Every third one sends IKE too, every
 * fourth rests.
 */
async function sendWave({ connection, peer }: Client, round: number, i: number): Promise<void> {
  const count = i % 4 === 3 ? 0 : Math.round(5 + 4 * Math.sin(round / 12 + i));
  const data = Buffer.alloc(200 + 80 * i);
  const pings = Array.from({ length: count }, (_, seq) => sealPing(peer, { ping: { seq, data } }));
  const ike = Buffer.alloc(i % 3 === 0 ? 64 : 0);
  if (ike.length > 0) ike.writeUInt32BE(ike.length - 4, 28);
  await connection.sendFrames(...pings, ...(ike.length > 0 ? [ike] : []));
  while (connection.waiting() > 0) await connection.next();
}

/** Sends a packet twice, one with a wrong ICV, and one that is nothing. */
async function sendFaults({ connection, peer }: Client): Promise<void> {
  const twice = sealPing(peer);
  const broken = sealPing(peer);
  broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1);
  await connection.sendFrames(twice, twice, broken, Buffer.from([1, 2, 3]));
}

/** Connects two strangers that leave: one speaks another protocol, one changes its mind. */
async function knock(gateway: Gateway): Promise<void> {
  await gateway.connect({ opening: Buffer.from("GET / HTTP/1.1\r\n\r\n") });
  const other = await gateway.connect();
  other.close();
}
