// A gateway with few descriptors and few places, and crowds without a key that hold all that they
// get. The daemon answers their IKE_SA_INIT, as daemons do.

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho } from "../support/echo.ts";
import { ikeFrame, ikeMessage, STREAM_PREFIX } from "../support/frames.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { openIkeDaemon } from "../support/ike_daemon.ts";
import type { Originator } from "../support/originator.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { settle } from "../support/wait.ts";

const MARKER = Buffer.alloc(4);
/** The process itself takes some 60 of them. */
const DESCRIPTORS = 300;
const TUNNELS = 5;
/**
 * Longest time until a new client is served, ms: less than any clock that ends the crowd. It needs
 * luck, because those who were turned away come back at the same time.
 */
const SERVED_MS = 80_000;
/** Time for which a client waits on one connection, ms: it keeps its place in the queue. */
const PATIENCE_MS = 10_000;
const TIMEOUT_MS = 300_000;

describe("peers without a key hold all that they get", () => {
  scenario(
    "descriptors: crowds of sixty sources with four connections each",
    () => withCrowd({ sources: 60, each: 4, runBy: ["prlimit", `--nofile=${DESCRIPTORS}`] }),
    TIMEOUT_MS,
  );

  scenario(
    "descriptors: a crowd of as many sources as connections",
    () => withCrowd({ sources: 240, each: 1, runBy: ["prlimit", `--nofile=${DESCRIPTORS}`] }),
    TIMEOUT_MS,
  );

  scenario(
    "places: a crowd of as many sources as connections",
    () => withCrowd({ sources: 120, each: 1, args: ["--max-connections", "100"] }),
    TIMEOUT_MS,
  );
});

interface Crowd {
  readonly sources: number;
  readonly each: number;
  readonly runBy?: readonly string[];
  readonly args?: readonly string[];
}

async function withCrowd({ sources, each, runBy = [], args = [] }: Crowd): Promise<void> {
  const daemon = await openIkeDaemon();
  daemon.answer(({ octets }) => answerTo(octets));
  const upstream = ["--upstream", `127.0.0.1:${daemon.port}`];
  const gateway = await startGateway([...upstream, ...args], { runBy });
  const peers = await Promise.all(Array.from({ length: TUNNELS }, () => addPeer(gateway.api)));
  const tunnels = await Promise.all(peers.map(() => gateway.connect()));
  const ping = async (): Promise<void> => {
    for (const [i, peer] of peers.entries()) await expectEcho(tunnels[i] ?? fail(), peer);
  };
  await ping();
  const crowd = startCrowd(gateway, { sources, each });
  await crowd.isThere;
  // They have had no upstream socket so far.
  for (const [i, tunnel] of tunnels.entries()) {
    const spiI = BigInt(1000 + i);
    await tunnel.send(ikeFrame(ikeMessage({ spiI })));
    equal((await tunnel.next(SERVED_MS)).readBigUInt64BE(4), spiI);
  }
  for (let late = 1; late <= 3; late++) await beServed(gateway, `127.0.3.${late}`, BigInt(late));
  await ping();
  equal((await gateway.api.request("GET", "/livez")).status, 200);
  crowd.stop();
  await gateway.stop();
  await daemon.close();
}

/** Peers that send an IKE_SA_INIT and stay. Who is turned away or closed comes back. */
function startCrowd(
  gateway: Gateway,
  { sources, each }: Pick<Crowd, "sources" | "each">,
): { readonly isThere: Promise<void>; stop(): void } {
  let isOver = false;
  const held = new Set<Originator>();
  const one = async (source: number): Promise<void> => {
    const localAddress = `127.0.${1 + Math.floor(source / 200)}.${1 + source % 200}`;
    const message = ikeFrame(ikeMessage({ spiI: BigInt(5000 + source) }));
    const opening = Buffer.concat([STREAM_PREFIX, message]);
    const peer = await gateway.connect({ localAddress, opening }).catch(() => undefined);
    if (peer === undefined) return;
    held.add(peer);
    if (isOver) peer.close();
    await peer.ended(2 ** 30).catch(() => undefined);
    held.delete(peer);
  };
  const stay = async (source: number): Promise<void> => {
    while (!isOver) {
      await one(source);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  for (let i = 0; i < sources * each; i++) void stay(i % sources);
  const wanted = Math.min(sources * each, 100);
  const isThere = settle(() => held.size, (count) => count >= wanted).then(() => undefined);
  return {
    isThere,
    stop(): void {
      isOver = true;
      for (const peer of held) peer.close();
    },
  };
}

/** A client that no crowd knows tries until the daemon has answered it. */
async function beServed(gateway: Gateway, localAddress: string, spiI: bigint): Promise<void> {
  const isServed = await settle(
    async () => {
      const client = await gateway.connect({ localAddress }).catch(() => undefined);
      await client?.send(ikeFrame(ikeMessage({ spiI }))).catch(() => undefined);
      const answer = await client?.next(PATIENCE_MS).catch(() => undefined);
      if (answer === undefined) client?.close();
      return answer?.readBigUInt64BE(4) === spiI;
    },
    Boolean,
    SERVED_MS,
  );
  ok(isServed, `${localAddress} is served`);
}

/** The daemon's IKE_SA_INIT response with its marker (RFC 7296 §1.2). */
function answerTo(octets: Buffer): Buffer {
  const answer = ikeMessage({ spiI: octets.readBigUInt64BE(4), spiR: 9n });
  answer.writeUInt8(0x20, 19);
  return Buffer.concat([MARKER, answer]);
}

function fail(): never {
  throw new Error("There is no such tunnel");
}
