// Upstream sockets of connections that have ended. The daemon may go on sending to such a client
// for minutes. If its port were free, the kernel would give it to a new connection, whose client
// would get the ESP of another (docs/design/decisions/0018-parked-ports.md). So the socket stays
// until the daemon has been silent for a while. What still comes is dropped and counted.
//
// A parked socket wakes nobody. It is looked into every ten seconds, and between two looks the
// kernel drops what does not fit into the smallest buffer.

import { SAID_CLIENT, SAID_DAEMON_ESP, SAID_DAEMON_IKE } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EPOLL_CTL_DEL, MSG_DONTWAIT, SO_RCVBUF, SOL_SOCKET } from "../linux/constants.ts";
import type { Lane } from "./lane.ts";
import { orderOthers } from "./order_others.ts";
import type { Parked } from "./parked.ts";

/** Order of one lane to the others: give up parked sockets. The shell's orders: `commands.ts`. */
export const ORDER_UNPARK = 8;

/** Time between two looks into a socket, ms, and the steps in which all are looked into. */
const LOOK_EVERY_MS = 10_000;
const LOOK_STEPS = 10;

/**
 * Silence that ends the parking, ms. A daemon waits up to 76 s between two tries of a request (its
 * default in strongSwan), and a TCP inside a tunnel up to 120 s.
 */
const IKE_SILENCE_MS = 120_000;
const ESP_SILENCE_MS = 300_000;

/** A socket to which ESP has come is in use for so long after the daemon was heard, ms. */
const RECENT_MS = 10_000;

/** Time after which a connection gets the port of one that is in use, ms. */
const PATIENCE_MS = 1000;

/** Most datagrams that one look takes: more than the smallest buffer holds. */
const LOOK_READS_MAX = 64;

/** Sockets in which the daemon may have been heard lately, and that are tried before one goes. */
const TRIES_MAX = 16;

/** Most sockets that other lanes get at a time, and the least time between two requests, ms. */
const FOR_OTHERS_MAX = 8;
const ASK_EVERY_MS = 100;

/**
 * Parks the socket of a connection that has ended, or closes it if the daemon cannot send to it.
 *
 * @param said The row's `SAID_` bits
 */
export function leaveUpstream(lane: Lane, fd: number, said: number): void {
  const { epfd, init, libc, now, parking, tables } = lane;
  const isHeard = (said & (SAID_DAEMON_IKE | SAID_DAEMON_ESP)) !== 0;
  if (!isHeard || (said & SAID_CLIENT) === 0 || lane.isDraining) {
    libc.close(fd);
    return;
  }
  libc.epoll_ctl(epfd, EPOLL_CTL_DEL, fd, libc.NULL);
  tables.u32[tables.scratch >>> 2] = 0;
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, tables.scratchAt, 4);
  if (parking.sockets.length >= parkedMax(init.connectionsMax, init.lanes)) giveUp(lane);
  if (parking.sockets.length === 0) parking.lookAt = now + LOOK_EVERY_MS / LOOK_STEPS;
  parking.sockets.push({ fd, hasEsp: (said & SAID_DAEMON_ESP) !== 0, heardAt: now });
}

/** Most sockets that a lane parks. All lanes together park as many as there may be connections. */
export function parkedMax(connectionsMax: number, lanes: number): number {
  return Math.ceil(connectionsMax / lanes);
}

/** Looks into the sockets whose turn it is. Those that have been silent for long are closed. */
export function lookAtParked(lane: Lane): void {
  const { libc, now, parking } = lane;
  if (parking.sockets.length === 0 || now < parking.lookAt) return;
  parking.lookAt = now + LOOK_EVERY_MS / LOOK_STEPS;
  const looked = parking.sockets.splice(0, Math.ceil(parking.sockets.length / LOOK_STEPS));
  for (const parked of looked) {
    hear(lane, parked);
    if (now - parked.heardAt < silenceMs(parked)) parking.sockets.push(parked);
    else libc.close(parked.fd);
  }
}

/** Returns the time until the next look, ms; -1 if nothing is parked. */
export function parkingWaitMs({ parking }: Lane, now: number): number {
  return parking.sockets.length === 0 ? -1 : Math.max(parking.lookAt - now, 0);
}

/**
 * Frees a descriptor and a port for a connection, if any is parked that nobody uses. One in use
 * goes only to a connection that has waited. Without one here, the other lanes are asked, and the
 * caller tries again later.
 *
 * @param waitedMs Time for which the connection has waited
 * @returns false if there was none
 */
export function unpark(lane: Lane, waitedMs: number): boolean {
  if (isAnyFree(lane, waitedMs)) {
    giveUp(lane);
    return true;
  }
  if (lane.now >= lane.parking.askAt) askOthers(lane);
  return false;
}

function isAnyFree({ now, parking }: Lane, waitedMs: number): boolean {
  if (waitedMs >= PATIENCE_MS) return parking.sockets.length > 0;
  return parking.sockets.some(({ hasEsp, heardAt }) => !hasEsp || now - heardAt >= RECENT_MS);
}

/** Frees some for another lane that has asked. */
export function unparkForOthers(lane: Lane): void {
  for (let i = 0; i < FOR_OTHERS_MAX && isAnyFree(lane, 0); i++) giveUp(lane);
}

/** Closes all parked sockets. */
export function closeParked({ libc, parking }: Lane): void {
  for (const { fd } of parking.sockets) libc.close(fd);
  parking.sockets = [];
}

/** Closes the socket that is most likely to be done with. There is one. */
function giveUp(lane: Lane): void {
  const { libc, parking } = lane;
  for (let tries = 0;; tries++) {
    const worst = parking.sockets.reduce((a, b) => rank(lane, b) < rank(lane, a) ? b : a);
    // The daemon may have been heard since the last look.
    if (tries < TRIES_MAX && hear(lane, worst)) continue;
    parking.sockets.splice(parking.sockets.indexOf(worst), 1);
    libc.close(worst.fd);
    return;
  }
}

/**
 * Returns a number that is lower for sockets that are given up earlier: those that are not in use,
 * those without ESP among them, and the longest silent among those.
 */
function rank({ now }: Lane, { heardAt, hasEsp }: Parked): number {
  const isUsed = hasEsp && now - heardAt < RECENT_MS;
  return heardAt - now + (isUsed ? 2 * RANK : 0) + (hasEsp ? RANK : 0);
}

/** Longer than any silence, ms. */
const RANK = 1e9;

/** Drops and counts what the daemon has sent to a socket. Returns whether there was anything. */
function hear({ core, index, libc, now, tables }: Lane, parked: Parked): boolean {
  let count = 0;
  while (count < LOOK_READS_MAX) {
    if (libc.recv(parked.fd, tables.scratchAt, 4, MSG_DONTWAIT) < 0) break;
    count++;
  }
  if (count === 0) return false;
  core.count(index, Status.UpstreamStray, count);
  parked.heardAt = now;
  return true;
}

function silenceMs({ hasEsp }: Parked): number {
  return hasEsp ? ESP_SILENCE_MS : IKE_SILENCE_MS;
}

function askOthers(lane: Lane): void {
  lane.parking.askAt = lane.now + ASK_EVERY_MS;
  orderOthers(lane, ORDER_UNPARK);
}
