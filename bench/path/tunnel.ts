// Cases in which the gateway terminates ESP: it opens inbound packets, seals outbound ones, or
// both.

import type { Sample } from "../lib/record.ts";
import { type Peer, randomKey, type SaBody } from "../../tests/support/peers.ts";
import { type Cost, timed } from "./cost.ts";
import { BURST, framesPart, pumpWindow, pushStreams } from "./drivers.ts";
import { expectCounter, type GatewayChild, OPENED, readCounter, SEALED } from "./gateway_child.ts";
import { DISCARD_PORT, HEADERS_LEN, type Recording, STREAM_PREFIX_LEN } from "./recording.ts";
import type { Scene } from "./scene.ts";
import {
  aimUdp,
  connectTcp,
  type Endpoint,
  openDiscard,
  openUdp,
  sendAll,
  takeRuns,
} from "./sockets.ts";

/**
 * Streams in; inner packets out to the discard service behind the TUN, which receives runs of a
 * flow as one.
 */
export async function tunnelUp(scene: Scene, recording: Recording): Promise<Sample> {
  const { arena, gateway } = scene;
  const sink = openDiscard(arena, DISCARD);
  takeRuns(arena, sink.fd);
  const sample = await openedUp(scene, gateway, recording);
  arena.libc.close(sink.fd);
  return sample;
}

/** Streams in; the echo host leaves the packets unanswered. */
export function discardUp(scene: Scene, recording: Recording): Promise<Sample> {
  return openedUp(scene, scene.echo, recording);
}

/** The host sends through the TUN; frames out. */
export async function tunnelDown(scene: Scene, recording: Recording): Promise<Sample> {
  const { arena, gateway } = scene;
  // Without this socket the host would answer the packet that sets up the path: port unreachable.
  const sink = openDiscard(arena, DISCARD);
  const { fds, socketsOf } = await openPaths(scene, { gateway, recording });
  const before = await readCounter(gateway, SEALED);
  const dataLen = recording.innerLen - HEADERS_LEN;
  const cost = timed(gateway.pid, () => {
    pumpDatagrams(scene, recording, { fds, socketsOf, len: dataLen });
  });
  for (const fd of [...fds, ...socketsOf, sink.fd]) arena.libc.close(fd);
  await expectCounter(gateway, SEALED, before + recording.packets);
  await remove(gateway, recording, ({ inbound, outbound }) => [inbound.spi, outbound.spi]);
  return sampleOf(cost, recording);
}

/** Sealed requests in; sealed answers of the echo host out. */
export async function echoBoth({ arena, echo }: Scene, recording: Recording): Promise<Sample> {
  await install(echo, recording, bothBodies);
  const before = await readCounter(echo, SEALED);
  const fds = recording.streams.map(() => connectTcp(arena, echo.tcp));
  const next = recording.streams.map(() => 0);
  recording.streams.forEach((stream, i) => {
    sendAll(arena, fds[i] ?? -1, { at: stream.at, len: STREAM_PREFIX_LEN });
  });
  const cost = timed(echo.pid, () => {
    pumpWindow(arena, {
      fds,
      frameLen: recording.frameLen,
      packets: recording.packets,
      offer: (i, count) => {
        const first = next[i] ?? 0;
        sendAll(arena, fds[i] ?? -1, framesPart(recording, i, { first, count }));
        next[i] = first + count;
      },
    });
  });
  for (const fd of fds) arena.libc.close(fd);
  await expectCounter(echo, SEALED, before + recording.packets);
  await remove(echo, recording, ({ inbound, outbound }) => [inbound.spi, outbound.spi]);
  return sampleOf(cost, recording);
}

/** Streams in; all packets are opened. The gateway decides where they go then. */
export async function openedUp(
  { arena }: Pick<Scene, "arena">,
  gateway: GatewayChild,
  recording: Recording,
): Promise<Sample> {
  // A new SA has a new replay window, so the same recording is fresh again.
  await install(gateway, recording, ({ inboundBody }) => [inboundBody]);
  const before = await readCounter(gateway, OPENED);
  const fds = recording.streams.map(() => connectTcp(arena, gateway.tcp));
  const cost = timed(gateway.pid, () => pushStreams(arena, recording, fds));
  for (const fd of fds) arena.libc.close(fd);
  await expectCounter(gateway, OPENED, before + recording.packets);
  await remove(gateway, recording, ({ inbound }) => [inbound.spi]);
  return sampleOf(cost, recording);
}

/** Seconds for one packet. */
export function sampleOf(cost: Cost, { packets }: Pick<Recording, "packets">): Sample {
  return { value: cost.seconds / packets, cpu: cost.cpuSeconds / packets };
}

/**
 * Sends datagrams of `len` octets from the outbox, in a window that must come back as frames. Those
 * of socket `i` leave the subject on connection `i`.
 */
export function pumpDatagrams(
  scene: Scene,
  { frameLen, packets }: Recording,
  { fds, socketsOf, len }: {
    readonly fds: readonly number[];
    readonly socketsOf: readonly number[];
    readonly len: number;
  },
): void {
  const { outbox } = scene.arena;
  pumpWindow(scene.arena, {
    fds,
    frameLen,
    packets,
    offer: (i, count) => sendDatagrams(scene, socketsOf[i] ?? -1, { at: outbox, len, count }),
  });
}

/** Sends `count` equal datagrams in as few calls as the kernel allows. */
function sendDatagrams(
  { arena }: Scene,
  fd: number,
  { at, len, count }: { readonly at: number; readonly len: number; readonly count: number },
): void {
  const most = Math.min(BURST, Math.floor(DATAGRAM_MAX / len));
  for (let left = count; left > 0; left -= most) {
    sendAll(arena, fd, { at, len: len * Math.min(left, most) });
  }
}

/**
 * Opens connections that become their peers' paths, and for each a socket whose datagrams leave on
 * it.
 */
async function openPaths(
  { arena }: Scene,
  { gateway, recording }: { readonly gateway: GatewayChild; readonly recording: Recording },
): Promise<{ fds: number[]; socketsOf: number[] }> {
  await install(gateway, recording, bothBodies);
  const before = await readCounter(gateway, OPENED);
  const fds = recording.streams.map((stream) => {
    const fd = connectTcp(arena, gateway.tcp);
    sendAll(arena, fd, { at: stream.at, len: STREAM_PREFIX_LEN + recording.frameLen });
    return fd;
  });
  await expectCounter(gateway, OPENED, before + fds.length);
  const socketsOf = recording.streams.map(({ peer }) => {
    const { fd } = openUdp(arena, { host: TUN_HOST, port: 0 });
    const len = recording.innerLen - HEADERS_LEN;
    aimUdp(arena, fd, { host: peer.ends.source, port: DISCARD_PORT, len });
    return fd;
  });
  return { fds, socketsOf };
}

/**
 * The bodies of both SAs of a peer. The outbound key is new each time, because a gateway takes none
 * twice.
 */
export function bothBodies({ inboundBody, outboundBody }: Peer): SaBody[] {
  return [inboundBody, { ...outboundBody, keyMaterial: randomKey(KEY_LEN).toString("hex") }];
}

export async function install(
  { api }: GatewayChild,
  { peers }: Recording,
  bodiesOf: (peer: Peer) => readonly SaBody[],
): Promise<void> {
  for (const peer of peers) for (const body of bodiesOf(peer)) await api.installSa(body);
}

export async function remove(
  { api }: GatewayChild,
  { peers }: Recording,
  spisOf: (peer: Peer) => readonly number[],
): Promise<void> {
  for (const peer of peers) for (const spi of spisOf(peer)) await api.removeSa(spi);
}

/** The host's address on the TUN, and its discard service. */
const TUN_HOST = "10.93.29.1";
export const DISCARD: Endpoint = { host: TUN_HOST, port: DISCARD_PORT };

/** AES-128-GCM: key and salt. */
const KEY_LEN = 20;

/** Largest UDP payload over IPv4. */
export const DATAGRAM_MAX = 65_507;
