// A connection that this side has opened, from the moment it is dialled to its end. Lanes tell of
// both in events. Events may be lost, so the rows are looked at too, and they decide.

import { COMMAND_ADOPT } from "../lane/commands.ts";
import type { Kernel } from "../linux/kernel.ts";
import { startRunningTimer } from "../linux/running_timer.ts";
import { emitSockaddr, type InetAddress } from "../linux/structs.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { EventHub } from "./events.ts";
import type { Lanes } from "./lanes.ts";

/** A connection that no lane has yet; its stream prefix has been sent. */
export interface Dialled {
  readonly fd: number;
  readonly remote: InetAddress;
}

/** A connection that a lane has. */
export interface OwnConnection {
  readonly id: number;
  /** Its row in shared memory. */
  readonly row: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

export interface AdoptOptions {
  readonly kernel: Kernel;
  readonly lanes: Pick<Lanes, "command">;
  readonly events: Pick<EventHub, "subscribe">;
  readonly rows: Pick<ConnectionRows, "locate" | "idOfDescriptor">;
}

/** Time in which a lane must take the connection, ms of running time. */
const ADOPT_TIMEOUT_MS = 5000;

/** Time between two looks at the rows, ms. */
const LOOK_MS = 500;

/**
 * Orders the first lane to adopt the connection. Resolves once the lane has it; to undefined if the
 * connection has ended by then.
 *
 * @throws {Error} If the lane has too many orders, or does not take the connection in time; in the
 *   first case the descriptor is closed
 */
export async function adopt(
  options: AdoptOptions,
  dialled: Dialled,
): Promise<OwnConnection | undefined> {
  const { kernel, lanes, rows } = options;
  const watch = watchFor(options, dialled.fd);
  if (!lanes.command(0, adoptOrder(dialled))) {
    watch.stop();
    kernel.libc.close(dialled.fd);
    throw new Error("The lane has too many orders");
  }
  const id = await watch.opened;
  const row = rows.locate(id)?.row;
  if (row !== undefined) return { id, row, ended: watch.closed };
  watch.stop();
  return undefined;
}

function watchFor({ events, rows }: AdoptOptions, fd: number): {
  readonly opened: Promise<number>;
  readonly closed: Promise<void>;
  stop(): void;
} {
  const { promise: opened, resolve: setOpen, reject: setFailed } = Promise.withResolvers<number>();
  const { promise: closed, resolve: setClosed } = Promise.withResolvers<void>();
  let id: number | undefined;

  function open(seen: number): void {
    endLate();
    id = seen;
    setOpen(id);
  }

  function stop(): void {
    endLate();
    clearInterval(looking);
    unsubscribe();
    setClosed();
  }

  function look(): void {
    const found = id === undefined ? rows.idOfDescriptor(fd) : undefined;
    if (found !== undefined) open(found);
    if (id !== undefined && rows.locate(id) === undefined) stop();
  }

  const unsubscribe = events.subscribe(({ event, fields }) => {
    const seen = Number(fields["connection"]);
    // Only the dialer opens connections here, one at a time: this one is ours.
    if (event === "connection_opened" && id === undefined) open(seen);
    if (event === "connection_closed" && seen === id) stop();
  });
  const looking = setInterval(look, LOOK_MS);
  const endLate = startRunningTimer(ADOPT_TIMEOUT_MS, () => {
    look();
    if (id !== undefined) return;
    stop();
    setFailed(new Error("No lane has taken the connection"));
  });
  return { opened, closed, stop };
}

function adoptOrder({ fd, remote: { octets, port } }: Dialled): number[] {
  const mapped = octets.length === 4 ? Uint8Array.of(...MAPPED_PREFIX, ...octets) : octets;
  const words = new Int32Array(emitSockaddr({ octets: mapped, port }).buffer);
  return [COMMAND_ADOPT, fd, ...words.subarray(0, 1), ...words.subarray(2, 6)];
}

/** Octets before an IPv4 address that is written as an IPv6 one (RFC 4291 §2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
