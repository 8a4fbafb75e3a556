// The originator's side (`connect`): one TCP connection to the responder. It is opened when there
// is a purpose for it, and opened again when it ends, for as long as there is one. Only the
// originator connects again (RFC 9329 §6.1); SAs, sequence numbers and windows outlive the
// connection.

import { setTimeout as delay } from "node:timers/promises";
import { LOWAT_START } from "../../ts-bindings/layout.ts";
import type { ConnectTarget } from "../config/types.ts";
import { STREAM_PREFIX, STREAM_PREFIX_LEN } from "../lane/stream_prefix.ts";
import { MSG_NOSIGNAL } from "../linux/constants.ts";
import { dialTcp } from "../linux/dial.ts";
import { createOwnLabel, type OwnLabel } from "../linux/flow_label.ts";
import type { Kernel } from "../linux/kernel.ts";
import { setNotSentLowat, type TcpOptions } from "../linux/sockets.ts";
import type { IpAddress } from "../model/address.ts";
import { socketAddressText } from "../model/socket_address.ts";
import { type AddressOrder, createAddressOrder } from "./address_order.ts";
import type { Log } from "./log.ts";
import { adopt, type AdoptOptions, type Dialled, type OwnConnection } from "./own_connection.ts";

/** What the connection is for. */
export interface Purpose {
  /** Whether a connection is wanted now. */
  isNeeded(): boolean;
  /** A lane has the connection. The result is called when it has ended. */
  opened(connection: OwnConnection): () => void;
  /** A connection had ended before a lane could take it. */
  missed?(): void;
  /** A try to connect has failed; the log has it too. */
  failed?(reason: string): void;
}

/** Keeps the connection up until it is stopped. */
export interface Dialer {
  /** The connection may be needed now. */
  wake(): void;
  /** Ends all tries to connect; a connection that is up stays. Idempotent. */
  stop(): void;
}

export interface DialerOptions extends AdoptOptions {
  readonly target: ConnectTarget;
  readonly tcp: TcpOptions;
  readonly kernel: Kernel;
  readonly purpose: Purpose;
  readonly log: Log;
  /** Looks up the responder's addresses; called before each connection. */
  readonly resolve: () => Promise<readonly IpAddress[]>;
  /** Mark of the connections, by which routing rules keep them outside of the TUN; 0: none. */
  readonly mark: number;
  /** Monotonic ms. */
  readonly clock: () => number;
  /** From 0 up to 1; spreads the tries of originators that have lost the same responder. */
  readonly random: () => number;
}

/** Longest wait for the responder's SYN-ACK, ms. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Shortest and longest pause before the next try, ms, give or take a quarter. It doubles between.
 */
const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 30_000;

/** After a connection that has lived this long, ms, the next try comes soon. */
const STABLE_MS = 10_000;

/** Starts to keep the connection up. It does not connect before that is needed. */
export function startDialer(options: DialerOptions): Dialer {
  const ending = new AbortController();
  const state: State = {
    ...options,
    signal: ending.signal,
    ownLabel: createOwnLabel(options.random),
    order: createAddressOrder(),
    wake: () => undefined,
  };
  run(state).catch((error: unknown) => {
    if (!ending.signal.aborted) options.log("error", "dialer_failed", { reason: reasonOf(error) });
  });

  function stop(): void {
    ending.abort();
    state.wake();
  }

  return { wake: () => state.wake(), stop };
}

interface State extends DialerOptions {
  readonly signal: AbortSignal;
  /**
   * IPv6 flow label of all connections. Routers that balance by it then keep the packets on one way
   * (RFC 9329 §6.1).
   */
  readonly ownLabel: OwnLabel;
  readonly order: AddressOrder;
  /** Ends the wait for a purpose. */
  wake: () => void;
}

async function run(state: State): Promise<void> {
  const { signal, random } = state;
  let failures = 0;
  for (;;) {
    await untilNeeded(state);
    if (signal.aborted) return;
    const lived = await connectOnce(state);
    if (signal.aborted) return;
    failures = lived >= STABLE_MS ? 0 : failures + 1;
    await delay(pauseMs(failures, random()), undefined, { signal });
  }
}

/** Resolves when a connection is needed, or the dialer ends. */
async function untilNeeded(state: State): Promise<void> {
  while (!state.signal.aborted && !state.purpose.isNeeded()) {
    await new Promise<void>((resolve) => void (state.wake = resolve));
  }
}

/**
 * Pause before the next try, ms.
 *
 * @param failures Tries in a row that led to no connection, or to a short one
 * @param random From 0 up to 1; moves the pause by a quarter down or up
 */
export function pauseMs(failures: number, random: number): number {
  const base = Math.min(PAUSE_MIN_MS * 2 ** Math.max(failures - 1, 0), PAUSE_MAX_MS);
  return base * (0.75 + random / 2);
}

/**
 * Connects to the first of the responder's addresses that answers, and waits for the end of the
 * connection. Resolves to the time that it has lived, ms; 0 if there was none.
 */
async function connectOnce(state: State): Promise<number> {
  const { order, clock, resolve } = state;
  for (const address of order.sort(await told(state, resolve()) ?? [])) {
    const dialled = await told(state, openTo(state, address));
    if (dialled === undefined) {
      order.failed(address);
      continue;
    }
    const startedAt = clock();
    await told(state, live(state, dialled));
    const lived = clock() - startedAt;
    if (lived >= STABLE_MS) order.good(address);
    else order.failed(address);
    return lived;
  }
  return 0;
}

/**
 * Connects to one address, and sends the stream prefix.
 *
 * @throws {Error} If the connection fails
 */
async function openTo(state: State, address: IpAddress): Promise<Dialled> {
  const { kernel, target, tcp, signal, ownLabel, mark } = state;
  const remote = { octets: address.octets, port: target.port };
  const timeoutMs = CONNECT_TIMEOUT_MS;
  const fd = await dialTcp(kernel, remote, { timeoutMs, signal, tcp, ownLabel, mark });
  setNotSentLowat(kernel, fd, LOWAT_START);
  const { libc, scratch } = kernel;
  scratch.u8.set(STREAM_PREFIX);
  // RFC 9329 §4 asks responders to wait for all of the prefix, but some read it with one call: it
  // must leave in one piece.
  const sent = signal.aborted ? 0 : libc.send(fd, scratch.at(0), STREAM_PREFIX_LEN, MSG_NOSIGNAL);
  if (sent === STREAM_PREFIX_LEN) return { fd, remote };
  libc.close(fd);
  throw new Error(`Cannot send to ${socketAddressText(remote)}`);
}

/** Gives the connection to a lane and to its purpose, and waits for its end. */
async function live(state: State, dialled: Dialled): Promise<void> {
  const { purpose } = state;
  const connection = await adopt(state, dialled);
  if (connection === undefined) {
    purpose.missed?.();
    return;
  }
  const closed = purpose.opened(connection);
  try {
    await connection.ended;
  } finally {
    closed();
  }
}

/**
 * Resolves to the result of `action`, or to undefined when it fails. The failure is logged, unless
 * the dialer has been stopped meanwhile.
 */
async function told<T>(
  { log, target, signal, purpose }: State,
  action: Promise<T>,
): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (signal.aborted) return undefined;
    const reason = reasonOf(error);
    log("warn", "connect_failed", { to: target.text, reason });
    purpose.failed?.(reason);
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
