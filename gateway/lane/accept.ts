// Connections come to a lane from its listeners, or from the shell, which has opened them. Limits
// come first, then the watch. The listener or the shell has set the socket's options.

import { CONN_ACCEPTED, CONN_ENABLED, LANE_SOCKADDR } from "../../ts-bindings/layout.ts";
import { isRefused, refusalStatus } from "../../ts-bindings/outcome.ts";
import { Status } from "../../ts-bindings/status.ts";
import type { Arrival } from "../edges/front.ts";
import {
  EAGAIN,
  ECONNABORTED,
  EINTR,
  EPOLLIN,
  FIOCLEX,
  FIONBIO,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from "../linux/constants.ts";
import { askPeers } from "./asking.ts";
import { closeConnection } from "./close.ts";
import { createConnection } from "./connection.ts";
import { armTimer } from "./deadlines.ts";
import { tellConnection } from "./events.ts";
import { makeRoom } from "./give_way.ts";
import { tellOwn } from "./inside.ts";
import { type Lane, list } from "./lane.ts";
import { isRefusal, usePlain } from "./plain.ts";
import { tellRefusal } from "./refusal.ts";
import { setRowUpPlain } from "./row.ts";
import { isKept, makeFree } from "./shortage.ts";
import { tellTrouble } from "./trouble.ts";
import { SERIAL_MASK, setListening, TAG_CONNECTION, watch } from "./watch.ts";

/** Most connections that one turn accepts from one listener. */
const TURN_ACCEPTS_MAX = 64;

/**
 * Pause, ms, after the system had no descriptor or memory. Without it, accept would fail in a tight
 * loop.
 */
const BACKOFF_MS = 100;

/**
 * Accepts the connections that wait on listener number `index`, for one turn, unless accepts are
 * paused.
 */
export function acceptFrom(lane: Lane, index: number): void {
  const { libc } = lane;
  const listener = lane.listeners[index];
  if (listener === undefined || lane.acceptAgainAt !== 0) return;

  function take(arrival: Arrival): void {
    admit(lane, arrival);
  }

  for (let i = 0; i < TURN_ACCEPTS_MAX; i++) {
    const fd = acceptOne(lane, listener.fd);
    if (fd >= 0) {
      listener.front.meet(fd, take);
      continue;
    }
    const errno = libc.errno();
    if (errno === ECONNABORTED || errno === EINTR) continue;
    if (errno !== EAGAIN) pauseAccepts(lane, errno);
    return;
  }
}

/** Accepts one connection. Returns its descriptor, or -1 and leaves errno. */
function acceptOne(lane: Lane, listener: number): number {
  const { libc, tables, refused } = lane;
  tables.u32[tables.sockaddrLen] = tables.sockaddrMax;
  if (refused.accept4) return acceptPlain(lane, listener);
  const { sockaddrAt, sockaddrLenAt } = tables;
  const fd = libc.accept4(listener, sockaddrAt, sockaddrLenAt, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) return fd;
  const errno = libc.errno();
  if (!isRefusal(errno)) return fd;
  const accepted = acceptPlain(lane, listener);
  if (accepted >= 0) usePlain(lane, "accept4", errno);
  return accepted;
}

/** The same by the older call, which takes no flags. */
function acceptPlain({ libc, tables }: Lane, listener: number): number {
  const fd = libc.accept(listener, tables.sockaddrAt, tables.sockaddrLenAt);
  if (fd < 0) return fd;
  if (libc.ioctl(fd, FIONBIO, tables.oneAt) === 0 && libc.ioctl(fd, FIOCLEX, libc.NULL) === 0) {
    return fd;
  }
  libc.close(fd);
  return -1;
}

/** Accepts again once the pause is over. */
export function endPause(lane: Lane): void {
  if (lane.acceptAgainAt === 0 || lane.now < lane.acceptAgainAt) return;
  lane.acceptAgainAt = 0;
  setListening(lane, EPOLLIN);
}

/**
 * Leaves connections in the kernel's queue for `BACKOFF_MS`, in which they do not wake the lane.
 *
 * @param errno What the kernel is short of
 */
function pauseAccepts(lane: Lane, errno: number): void {
  tellTrouble(lane, "accept_failed", errno);
  lane.acceptAgainAt = lane.now + BACKOFF_MS;
  makeFree(lane, null, 0);
  setListening(lane, 0);
}

/**
 * Takes a connection in, or closes it at a limit. The core counts either.
 *
 * If this side has opened the connection, the arrival has the peer's address. The kernel may not
 * know it any more: the connection may have ended.
 */
export function admit(lane: Lane, arrival: Arrival): void {
  const { core, index } = lane;
  const { fd, role } = arrival;
  if (arrival.client !== null) setClient(lane, arrival.client);
  if (lane.isDraining) {
    core.count(index, Status.RefusedDraining, 1);
    refuse(lane, fd, Status.RefusedDraining);
    return;
  }
  if (role === "responder" && isKept(lane, fd) && makeFree(lane, null, 0) === "none") {
    core.count(index, Status.RefusedTotal, 1);
    refuse(lane, fd, Status.RefusedTotal);
    return;
  }
  askPeers(lane);
  makeRoom(lane);
  const row = core.conn_open(index, fd, lane.epfd, lane.now, Date.now());
  if (isRefused(row)) {
    refuse(lane, fd, refusalStatus(row));
    return;
  }
  if (!lane.init.sendsRuns || lane.refused.udp_segment) setRowUpPlain(lane.tables, row);
  setLocal(lane, fd, row);
  lane.nextSerial = (lane.nextSerial + 1) & SERIAL_MASK;
  const serial = lane.nextSerial;
  const connection = createConnection({ row, fd, serial, role });
  lane.connections[row] = connection;
  lane.live.add(connection);
  if (role === "originator") core.conn_trust(index, row, lane.now);
  core.conn_state(index, row, FIRST_STATES[arrival.state]);
  tellConnection(lane, connection, "opened", 0);
  if (!watch(lane, fd, { kind: TAG_CONNECTION, row, serial })) {
    closeConnection(lane, connection, Status.PeerReset);
    return;
  }
  armTimer(lane, connection);
  if (role === "originator") tellOwn(lane, connection);
  // Octets may have come with the handshake, and their edge may be older than the watch.
  list(lane, connection);
}

function refuse(lane: Lane, fd: number, status: number): void {
  tellRefusal(lane, fd, status);
  lane.libc.close(fd);
}

/** Puts the peer's address into LANE_SOCKADDR, where `accept4` would have written it. */
function setClient({ tables: { block, i32 } }: Lane, client: readonly number[]): void {
  i32.set(client, (block + LANE_SOCKADDR) >>> 2);
}

/**
 * Tells the core the address that the peer has connected to. Audit records have it (RFC 4303 §4).
 */
function setLocal({ core, index, libc, tables }: Lane, fd: number, row: number): void {
  tables.u32[tables.sockaddrLen] = tables.sockaddrMax;
  if (libc.getsockname(fd, tables.sockaddrAt, tables.sockaddrLenAt) === 0) {
    core.conn_local(index, row);
  }
}

/** The core's number for each first state. */
const FIRST_STATES: Readonly<Record<Arrival["state"], number>> = {
  accepted: CONN_ACCEPTED,
  enabled: CONN_ENABLED,
};
