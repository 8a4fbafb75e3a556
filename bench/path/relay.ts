// Cases in which the gateway passes ESP of others on: frames to datagrams, datagrams to frames.

import type { Sample } from "../lib/record.ts";
import type { Arena } from "./arena.ts";
import { timed } from "./cost.ts";
import { BURST, pumpWindow, pushStreams } from "./drivers.ts";
import { expectCounter, readCounter, RELAYED_DOWN, RELAYED_UP } from "./gateway_child.ts";
import { frameAt, LENGTH_LEN, type Recording, STREAM_PREFIX_LEN } from "./recording.ts";
import type { Scene } from "./scene.ts";
import { aimUdp, connectTcp, openDiscard, openUdp, sendAll, senderOf } from "./sockets.ts";
import { sampleOf, sendDatagrams } from "./tunnel.ts";

/** Streams in, datagrams out to a daemon that throws them away. */
export async function relayUp(scene: Scene, recording: Recording): Promise<Sample> {
  const { arena, gateway, daemon } = scene;
  const sink = openDiscard(arena, daemon);
  const before = await readCounter(gateway, RELAYED_UP);
  const fds = recording.streams.map(() => connectTcp(arena, gateway.tcp));
  const cost = timed(gateway.pid, () => pushStreams(arena, recording, fds));
  for (const fd of [...fds, sink.fd]) arena.libc.close(fd);
  await expectCounter(gateway, RELAYED_UP, before + recording.packets);
  return sampleOf(cost, recording);
}

/** The daemon's datagrams in, frames out. */
export async function relayDown(scene: Scene, recording: Recording): Promise<Sample> {
  const { arena, gateway } = scene;
  const { fds, socketsOf } = openPaths(scene, recording);
  const before = await readCounter(gateway, RELAYED_DOWN);
  const len = layPackets(arena, recording);
  const cost = timed(gateway.pid, () => {
    pumpWindow(arena, {
      fds,
      frameLen: recording.frameLen,
      packets: recording.packets,
      offer: (i, count) =>
        sendDatagrams(scene, socketsOf[i] ?? -1, { at: arena.outbox, len, count }),
    });
  });
  for (const fd of [...fds, ...socketsOf]) arena.libc.close(fd);
  await expectCounter(gateway, RELAYED_DOWN, before + recording.packets);
  return sampleOf(cost, recording);
}

/** Connections with their upstream sockets, and for each a socket of the daemon that sends to it. */
function openPaths(
  { arena, gateway, daemon }: Scene,
  recording: Recording,
): { fds: number[]; socketsOf: number[] } {
  const first = openUdp(arena, daemon);
  const paths = recording.streams.map((stream) => {
    const fd = connectTcp(arena, gateway.tcp);
    sendAll(arena, fd, { at: stream.at, len: STREAM_PREFIX_LEN + recording.frameLen });
    return { fd, upstream: senderOf(arena, first.fd) };
  });
  arena.libc.close(first.fd);
  const socketsOf = paths.map(({ upstream }) => {
    const { fd } = openUdp(arena, daemon);
    aimUdp(arena, fd, { ...upstream, len: recording.frameLen - LENGTH_LEN });
    return fd;
  });
  return { fds: paths.map(({ fd }) => fd), socketsOf };
}

/** A burst of ESP packets, one behind the other as datagrams are cut from them; their length. */
function layPackets(arena: Arena, recording: Recording): number {
  const [stream] = recording.streams;
  if (stream === undefined) throw new RangeError("No stream");
  const at = frameAt(recording, stream, 0) + LENGTH_LEN;
  const len = recording.frameLen - LENGTH_LEN;
  for (let i = 0; i < BURST; i++) arena.u8.copyWithin(arena.outbox + i * len, at, at + len);
  return len;
}
