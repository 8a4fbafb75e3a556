// Cases in which ESP of other hosts is relayed, from frames to datagrams and from datagrams to
// frames, by the gateway and by a rival.

import type { Sample } from "../lib/record.ts";
import type { Arena } from "./arena.ts";
import { timed } from "./cost.ts";
import { BURST, pushStreams } from "./drivers.ts";
import {
  type Counter,
  expectCounter,
  readCounter,
  RELAYED_DOWN,
  RELAYED_UP,
} from "./gateway_child.ts";
import { frameAt, LENGTH_LEN, type Recording } from "./recording.ts";
import type { Relay, RivalRelay } from "./relay_program.ts";
import type { Scene } from "./scene.ts";
import {
  aimUdp,
  connectTcp,
  openDiscard,
  openUdp,
  sendAll,
  senderOf,
  takeRuns,
} from "./sockets.ts";
import { DATAGRAM_MAX, pumpDatagrams, sampleOf } from "./tunnel.ts";

/** One way through any relay. */
type Way = (scene: Scene, relay: Relay, recording: Recording) => Sample;

/** The same path through the gateway and through a rival. */
interface RelayCase {
  run(scene: Scene, recording: Recording): Promise<Sample>;
  rival(scene: Scene, rival: RivalRelay, recording: Recording): Sample;
}

/** Streams in; datagrams out to a daemon that discards them. */
export const relayUp: RelayCase = caseOf(up, RELAYED_UP);

/** The same with a daemon that receives runs of datagrams as one (UDP_GRO). */
export const relayRunsUp: RelayCase = caseOf(upAsRuns, RELAYED_UP);

/** The daemon's datagrams in, frames out. */
export const relayDown: RelayCase = caseOf(down, RELAYED_DOWN);

function caseOf(way: Way, counter: Counter): RelayCase {
  async function run(scene: Scene, recording: Recording): Promise<Sample> {
    const { gateway } = scene;
    const before = await readCounter(gateway, counter);
    const sample = way(scene, gateway, recording);
    await expectCounter(gateway, counter, before + recording.packets);
    return sample;
  }

  // A rival has no counters. Downwards its octets are counted as they arrive. Upwards it is done
  // when it ends the stream, which comes after its last datagram.
  function rival(scene: Scene, relay: RivalRelay, recording: Recording): Sample {
    return relay.reframe(scene.arena, recording, (own) => way(scene, relay, own));
  }

  return { run, rival };
}

function up(scene: Scene, relay: Relay, recording: Recording): Sample {
  const sink = openDiscard(scene.arena, scene.daemon);
  return upTo(scene, { relay, sink: sink.fd }, recording);
}

function upAsRuns(scene: Scene, relay: Relay, recording: Recording): Sample {
  const sink = openDiscard(scene.arena, scene.daemon);
  takeRuns(scene.arena, sink.fd);
  return upTo(scene, { relay, sink: sink.fd }, recording);
}

function upTo(
  { arena }: Scene,
  { relay, sink }: { readonly relay: Relay; readonly sink: number },
  recording: Recording,
): Sample {
  const fds = recording.streams.map(() => connectTcp(arena, relay.tcp));
  const cost = timed(relay.pid, () => pushStreams(arena, recording, fds));
  for (const fd of [...fds, sink]) arena.libc.close(fd);
  return sampleOf(cost, recording);
}

function down(scene: Scene, relay: Relay, recording: Recording): Sample {
  const { arena } = scene;
  const { fds, socketsOf } = openPaths(scene, relay, recording);
  const len = layPackets(arena, recording);
  const cost = timed(relay.pid, () => {
    pumpDatagrams(scene, recording, { fds, socketsOf, len });
  });
  for (const fd of [...fds, ...socketsOf]) arena.libc.close(fd);
  return sampleOf(cost, recording);
}

/**
 * Opens connections, finds their upstream sockets, and opens for each a socket of the daemon that
 * sends to it.
 */
function openPaths(
  { arena, daemon }: Scene,
  relay: Relay,
  recording: Recording,
): { fds: number[]; socketsOf: number[] } {
  const first = openUdp(arena, daemon);
  const paths = recording.streams.map((stream) => {
    const fd = connectTcp(arena, relay.tcp);
    sendAll(arena, fd, { at: stream.at, len: recording.prefixLen + recording.frameLen });
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

/**
 * Lays out ESP packets for one send, in the order in which datagrams are cut from them. Returns the
 * length of each.
 */
function layPackets(arena: Arena, recording: Recording): number {
  const [stream] = recording.streams;
  if (stream === undefined) throw new RangeError("No stream");
  const at = frameAt(recording, stream, 0) + LENGTH_LEN;
  const len = recording.frameLen - LENGTH_LEN;
  const count = Math.min(BURST, Math.floor(DATAGRAM_MAX / len));
  for (let i = 0; i < count; i++) arena.u8.copyWithin(arena.outbox + i * len, at, at + len);
  return len;
}
