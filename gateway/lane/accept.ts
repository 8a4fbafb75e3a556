// Listeners of a lane: accept, apply the limits, set the options, watch.

import { CONN_ACCEPTED } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  EAGAIN,
  ECONNABORTED,
  EINTR,
  IPPROTO_TCP,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
} from "../linux/constants.ts";
import { closeConnection } from "./close.ts";
import { type Connection, createConnection } from "./connection.ts";
import { armTimer } from "./deadlines.ts";
import { tellConnection } from "./events.ts";
import { type Lane, list } from "./lane.ts";
import { SERIAL_MASK, TAG_CONNECTION, watch } from "./watch.ts";

/** Connections accepted from one listener in one turn. */
const TURN_ACCEPTS_MAX = 64;

/** Pause after the system had no descriptor or memory to give: without it, accept would fail in a tight loop. */
const BACKOFF_MS = 100;

/** Octets that the kernel keeps unsent before it says "full": the queue that can still be ordered is ours, not its. */
const NOTSENT_LOWAT = 131_072;

/** Accepts what waits on a listener, for one turn. */
export function acceptFrom(lane: Lane, listener: number): void {
  const { libc, tables } = lane;
  for (let i = 0; i < TURN_ACCEPTS_MAX; i++) {
    tables.u32[tables.sockaddrLen] = tables.sockaddrMax;
    const fd = libc.accept4(
      listener,
      tables.sockaddrAt,
      tables.sockaddrLenAt,
      SOCK_NONBLOCK | SOCK_CLOEXEC,
    );
    if (fd >= 0) {
      admit(lane, fd);
      continue;
    }
    const errno = libc.errno();
    if (errno === ECONNABORTED || errno === EINTR) continue;
    if (errno !== EAGAIN) lane.acceptAgainAt = lane.now + BACKOFF_MS;
    return;
  }
}

/** Takes an accepted socket in, or closes it at a limit. The core counts either. */
function admit(lane: Lane, fd: number): void {
  const { core, index, libc } = lane;
  if (lane.isDraining) {
    core.count(index, Status.RefusedDraining, 1);
    libc.close(fd);
    return;
  }
  const row = core.conn_open(index, fd, lane.epfd, lane.now, Date.now());
  if (row < 0) {
    libc.close(fd);
    return;
  }
  lane.nextSerial = (lane.nextSerial + 1) & SERIAL_MASK;
  const connection = createConnection({
    row,
    fd,
    serial: lane.nextSerial,
    state: CONN_ACCEPTED,
    openedAt: lane.now,
  });
  lane.connections[row] = connection;
  lane.liveCount++;
  tellConnection(lane, connection, "opened", 0);
  if (!setUp(lane, connection)) {
    closeConnection(lane, connection, Status.PeerReset);
    return;
  }
  armTimer(lane, connection);
  // What came with the handshake is there already; its edge may be older than the watch.
  list(lane, connection);
}

/** Socket options and the watch. False if the socket has gone already, or epoll takes no more. */
function setUp(lane: Lane, connection: Connection): boolean {
  const { libc, tables } = lane;
  const { fd } = connection;
  if (libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, tables.oneAt, 4) < 0) return false;
  tables.u32[tables.scratch >>> 2] = NOTSENT_LOWAT;
  if (libc.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, tables.scratchAt, 4) < 0) return false;
  return watch(lane, fd, TAG_CONNECTION, connection.row, connection.serial);
}
