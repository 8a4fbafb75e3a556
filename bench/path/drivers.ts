// The two ways to load a subject: streams as fast as it takes them, and a window of packets that
// must come back.

import type { Arena } from "./arena.ts";
import { frameAt, type Recording, streamLen } from "./recording.ts";
import { finishTcp, receiveSome, sendAll } from "./sockets.ts";

/**
 * Sends all streams, one on each descriptor, in turns of one large write. Returns when the subject
 * has handled everything.
 *
 * After our FIN a gateway handles what came before it and then ends the connection (rule T49). So
 * the end of the last connection is the moment at which the last packet is done, and nothing has to
 * be asked while the clock runs.
 */
export function pushStreams(arena: Arena, recording: Recording, fds: readonly number[]): void {
  const left = recording.streams.map((stream) => ({
    at: stream.at,
    end: stream.at + streamLen(recording, stream),
  }));
  for (let isDone = false; !isDone;) {
    isDone = true;
    left.forEach((part, i) => {
      const len = Math.min(WRITE_LEN, part.end - part.at);
      if (len === 0) return;
      sendAll(arena, fds[i] ?? -1, { at: part.at, len });
      part.at += len;
      isDone = false;
    });
  }
  for (const fd of fds) finishTcp(arena, fd);
}

/** Packets that enter the subject elsewhere and leave it as frames on connections. */
export interface Window {
  readonly fds: readonly number[];
  readonly frameLen: number;
  /** Total over all connections. */
  readonly packets: number;
  /** Gives `count` packets to the subject that will leave on connection `i`. */
  offer(i: number, count: number): void;
}

/**
 * Keeps a window of packets under way until all have come back. The connections get their bursts in
 * turns.
 *
 * No queue on the way holds fewer packets than the window, so none is dropped for lack of room, and
 * the subject never runs out of work.
 */
export function pumpWindow(arena: Arena, { fds, frameLen, packets, offer }: Window): void {
  const window = Math.max(1, Math.min(WINDOW, Math.floor(WINDOW_LEN / frameLen)));
  const burst = Math.min(BURST, window);
  const each = Math.ceil(packets / fds.length);
  const bursts = Math.ceil(each / burst) * fds.length;
  const octets = fds.map(() => 0);
  // Packets of its connection up to and including burst number `n`.
  const untilOf = (n: number): number => Math.min((Math.floor(n / fds.length) + 1) * burst, each);
  let offered = 0;
  for (let awaited = 0; awaited < bursts; awaited++) {
    for (; offered < bursts && (offered - awaited + 1) * burst <= window; offered++) {
      const first = Math.floor(offered / fds.length) * burst;
      offer(offered % fds.length, untilOf(offered) - first);
    }
    const i = awaited % fds.length;
    const wanted = untilOf(awaited) * frameLen;
    while ((octets[i] ?? 0) < wanted) {
      octets[i] = (octets[i] ?? 0) + receiveSome(arena, fds[i] ?? -1);
    }
  }
}

/**
 * Most packets and octets under way at a time. A TUN queues 500 packets. A rival's UDP socket, with
 * the kernel's default buffer of 208 KiB, holds about 200 small datagrams; with a window of 256 it
 * lost some of 64 octets. A gateway queues 65,536 octets of ESP on a connection, and a kernel that
 * has just opened the connection may take none of them for a while.
 */
const WINDOW = 128;
const WINDOW_LEN = 61_440;

/** Packets that are given to the subject at once. */
export const BURST = 20;

/** Octets of one large write. */
const WRITE_LEN = 262_144;

/** The frames of a stream from number `first` on, as one part to send. */
export function framesPart(
  recording: Recording,
  i: number,
  { first, count }: { readonly first: number; readonly count: number },
): { at: number; len: number } {
  const stream = recording.streams[i];
  if (stream === undefined) throw new RangeError(`No stream ${i}`);
  return { at: frameAt(recording, stream, first), len: count * recording.frameLen };
}
