// What a lane sees of the daemon: that it, or the way to it, refuses what is sent, or that
// something of it has come. The shell makes one state of what all lanes see
// (gateway/shell/upstream_watch.ts), so a lane tells each at most once a second, and a change at
// once.

import { EINVAL, EIO, EMSGSIZE } from "../linux/constants.ts";
import { errnoName } from "../linux/errno.ts";
import type { Evidence } from "./init.ts";
import type { Lane } from "./lane.ts";
import { tellTrouble } from "./trouble.ts";

/** Interval between notices of one kind, ms. */
const EVERY_MS = 1000;

/** Errors of the message alone, which say nothing about the daemon: too long, malformed. */
const OF_THE_MESSAGE: readonly number[] = [EMSGSIZE, EINVAL, EIO];

/** Makes the record of a lane that has seen nothing yet. */
export function createEvidence(): Evidence {
  return { refusedAt: -Infinity, heardAt: -Infinity, isRefused: false };
}

/**
 * The daemon, the host or a router has refused a datagram.
 *
 * @param errno Error of the call that says so
 */
export function noteRefused(lane: Lane, errno: number): void {
  const { evidence, now } = lane;
  if (OF_THE_MESSAGE.includes(errno)) {
    tellTrouble(lane, "upstream_failed", errno);
    return;
  }
  if (now - evidence.refusedAt < EVERY_MS) return;
  evidence.refusedAt = now;
  evidence.isRefused = true;
  lane.tell({ kind: "upstream", refusal: errnoName(errno) });
}

/** A datagram of the daemon has come. */
export function noteHeard(lane: Lane): void {
  const { evidence, now } = lane;
  if (!evidence.isRefused && now - evidence.heardAt < EVERY_MS) return;
  evidence.heardAt = now;
  evidence.isRefused = false;
  lane.tell({ kind: "upstream", refusal: null });
}
