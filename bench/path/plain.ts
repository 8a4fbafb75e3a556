// The ceiling for each case: the same octets through plain TCP in the same directions, without any
// processing. It always uses one connection, because the plain peer serves one at a time.

import { LITTLE_ENDIAN } from "../../gateway/linux/constants.ts";
import type { Sample } from "../lib/record.ts";
import { timed } from "./cost.ts";
import type { Recording } from "./recording.ts";
import type { Scene } from "./scene.ts";
import { connectTcp, finishTcp, receiveSome, sendAll } from "./sockets.ts";
import { sampleOf } from "./tunnel.ts";

/** Sends octets to the peer, from the same memory and in the same writes as the recording. */
export function plainUp(scene: Scene, recording: Recording): Sample {
  const { arena, plain } = scene;
  const fd = connectTcp(arena, plain.tcp);
  const cost = timed(plain.child.pid, () => {
    ask(scene, fd, 0);
    for (const { at, packets } of recording.streams) {
      sendInWrites(scene, fd, { at, len: packets * recording.frameLen });
    }
    finishTcp(arena, fd);
  });
  arena.libc.close(fd);
  return sampleOf(cost, recording);
}

/** Receives octets from the peer. */
export function plainDown(scene: Scene, recording: Recording): Sample {
  const { arena, plain } = scene;
  const fd = connectTcp(arena, plain.tcp);
  const cost = timed(plain.child.pid, () => {
    let left = recording.packets * recording.frameLen;
    ask(scene, fd, left);
    while (left > 0) left -= receiveSome(arena, fd);
  });
  arena.libc.close(fd);
  return sampleOf(cost, recording);
}

/** Sends first, then receives: the least that an echo of all octets costs. */
export function plainBoth(scene: Scene, recording: Recording): Sample {
  const up = plainUp(scene, recording);
  const down = plainDown(scene, recording);
  return { value: up.value + down.value, cpu: (up.cpu ?? 0) + (down.cpu ?? 0) };
}

/** Sends the request: how many octets the peer shall send, or 0 if it shall receive ours. */
function ask({ arena }: Scene, fd: number, octets: number): void {
  arena.view.setFloat64(arena.outbox, octets, LITTLE_ENDIAN);
  sendAll(arena, fd, { at: arena.outbox, len: REQUEST_LEN });
}

function sendInWrites({ arena }: Scene, fd: number, part: { at: number; len: number }): void {
  for (let sent = 0; sent < part.len; sent += WRITE_LEN) {
    sendAll(arena, fd, { at: part.at + sent, len: Math.min(WRITE_LEN, part.len - sent) });
  }
}

const REQUEST_LEN = 8;
const WRITE_LEN = 262_144;
