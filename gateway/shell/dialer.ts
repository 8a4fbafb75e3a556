// The originator's side (`connect`): one TCP connection to the responder, kept up as long as there is an outbound SA. Only the originator
// connects again (RFC 9329 §6.1), with the stream prefix first each time; SAs, numbers and windows outlive the connection.
//
// A responder closes a connection on which nothing authentic comes, and knows no path before it does: so each connection begins with
// a dummy packet (RFC 4303 §2.6) on every peer's newest outbound SA.

import { setTimeout as delay } from "node:timers/promises";
import { LOWAT_START } from "../../ts-bindings/layout.ts";
import type { IpAddress } from "../config/address.ts";
import type { ConnectTarget } from "../config/types.ts";
import { COMMAND_ADOPT } from "../lane/commands.ts";
import { STREAM_PREFIX, STREAM_PREFIX_LEN } from "../lane/stream_prefix.ts";
import { MSG_NOSIGNAL } from "../linux/constants.ts";
import { dialTcp } from "../linux/dial.ts";
import type { Kernel } from "../linux/kernel.ts";
import { setNotSentLowat, type TcpOptions } from "../linux/sockets.ts";
import { emitSockaddr, type InetAddress, socketAddressText } from "../linux/structs.ts";
import type { ConnectionTable } from "./connections.ts";
import type { EventHub } from "./events.ts";
import type { Lanes } from "./lanes.ts";
import type { Log } from "./log.ts";
import { resolveHost } from "./resolve.ts";
import type { Sad } from "./sad.ts";
import type { Gateway } from "./types.ts";

/** Keeps the connection up until it is stopped. */
export interface Dialer {
  /** The SAD has one SA more. */
  installed(spi: number): void;
  /** Connects no more; a connection that is up stays. */
  stop(): void;
}

export interface DialerOptions {
  readonly target: ConnectTarget;
  readonly tcp: TcpOptions;
  readonly kernel: Kernel;
  readonly lanes: Lanes;
  readonly events: EventHub;
  readonly table: ConnectionTable;
  readonly sad: Sad;
  readonly gateway: Pick<Gateway, "sendDummy">;
  readonly log: Log;
  /** Monotonic ms. */
  readonly clock: () => number;
  /** From 0 up to 1: spreads originators that have lost the same responder. */
  readonly random: () => number;
}

/** Longest wait for the responder's SYN-ACK, ms. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Pause before the next try, ms; doubles from the first to the second, give or take a quarter. */
const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 30_000;

/** A connection that has lived this long was a good one: the next try comes soon, ms. */
const STABLE_MS = 10_000;

/** Largest IPv6 flow label (RFC 6437 §2: 20 bits, 0 is none). */
const FLOW_LABEL_MAX = 0xf_ffff;

/** What a lane may take to say that it has the connection, ms. */
const ADOPT_TIMEOUT_MS = 5000;

/** Octets of the dummy packet that opens a connection. */
const GREETING_LEN = 32;

/** Starts to keep the connection up; nothing happens before there is an outbound SA. */
export function startDialer(options: DialerOptions): Dialer {
  const ending = new AbortController();
  const state: State = {
    ...options,
    signal: ending.signal,
    flowLabel: 1 + Math.floor(options.random() * FLOW_LABEL_MAX),
    row: 0,
    wake: () => undefined,
  };

  function installed(spi: number): void {
    state.wake();
    if (state.row === 0) return;
    state.sad.usePath(state.row);
    if (state.sad.find(spi)?.spec.direction === "outbound") greet(state, spi);
  }

  run(state).catch((error: unknown) => {
    if (!ending.signal.aborted) options.log("error", "dialer_failed", { reason: reasonOf(error) });
  });
  return { installed, stop: () => ending.abort() };
}

interface State extends DialerOptions {
  readonly signal: AbortSignal;
  /** One for all connections, so that routers which balance by it do not move the stream (RFC 9329 §6.1). */
  readonly flowLabel: number;
  /** Row of the live connection, 0 without one. */
  row: number;
  /** Ends the wait for an outbound SA. */
  wake: () => void;
}

async function run(state: State): Promise<void> {
  const { clock, signal } = state;
  let failures = 0;
  while (!signal.aborted) {
    await untilNeeded(state);
    const startedAt = clock();
    try {
      await live(state, await open(state));
    } catch (error) {
      if (signal.aborted) return;
      state.log("warn", "connect_failed", { to: state.target.text, reason: reasonOf(error) });
    }
    failures = clock() - startedAt >= STABLE_MS ? 0 : failures + 1;
    await delay(pauseMs(failures, state.random()), undefined, { signal });
  }
}

/** Resolves when there is an outbound SA. */
async function untilNeeded(state: State): Promise<void> {
  while (state.sad.counts().outbound === 0) {
    await new Promise<void>((resolve, reject) => {
      state.wake = resolve;
      state.signal.addEventListener("abort", reject, { once: true });
    });
  }
}

/** Pause before a try after so many short-lived ones. */
export function pauseMs(failures: number, random: number): number {
  const base = Math.min(PAUSE_MIN_MS * 2 ** Math.max(failures - 1, 0), PAUSE_MAX_MS);
  return base * (0.75 + random / 2);
}

/** A connection, prefix sent, that no lane has yet. */
interface Dialled {
  readonly fd: number;
  readonly remote: InetAddress;
}

/** Connects to the first of the responder's addresses that answers, and sends the stream prefix. */
async function open(state: State): Promise<Dialled> {
  let failure: unknown = new Error(`Cannot resolve ${state.target.host}: no address`);
  for (const address of await resolveHost(state.target.host)) {
    try {
      return await openTo(state, address);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function openTo(state: State, address: IpAddress): Promise<Dialled> {
  const { kernel, target, tcp, signal, flowLabel } = state;
  const remote = { octets: address.octets, port: target.port };
  const timeoutMs = CONNECT_TIMEOUT_MS;
  const fd = await dialTcp(kernel, remote, { timeoutMs, signal, tcp, flowLabel });
  setNotSentLowat(kernel, fd, LOWAT_START);
  const { libc, scratch } = kernel;
  scratch.u8.set(STREAM_PREFIX);
  // In one piece: some responders read the prefix with one call (RFC 9329 §4 asks them to wait).
  if (libc.send(fd, scratch.at(0), STREAM_PREFIX_LEN, MSG_NOSIGNAL) === STREAM_PREFIX_LEN) {
    return { fd, remote };
  }
  libc.close(fd);
  throw new Error(`Cannot send to ${socketAddressText(remote)}`);
}

/** Hands the connection to the first lane; resolves when it has ended. */
async function live(state: State, { fd, remote }: Dialled): Promise<void> {
  const { events, kernel, lanes, signal } = state;
  const { promise: isOpen, resolve: setOpen, reject: setFailed } = Promise.withResolvers<void>();
  const { promise: isClosed, resolve: setClosed } = Promise.withResolvers<void>();
  const unsubscribe = events.subscribe(({ event, fields }) => {
    const id = Number(fields["connection"]);
    if (event === "connection_opened") {
      begin(state, state.table.locate(id)?.row ?? 0);
      setOpen();
    } else if (event === "connection_closed") {
      state.row = 0;
      setOpen();
      setClosed();
    }
  });
  const late = setTimeout(
    () => setFailed(new Error("No lane has taken the connection")),
    ADOPT_TIMEOUT_MS,
  );
  try {
    if (!lanes.command(0, adoptOrder(fd, remote))) {
      kernel.libc.close(fd);
      throw new Error("The lane has too many orders");
    }
    await isOpen;
    clearTimeout(late);
    await Promise.race([isClosed, aborted(signal)]);
  } finally {
    clearTimeout(late);
    unsubscribe();
  }
}

function adoptOrder(fd: number, { octets, port }: InetAddress): number[] {
  const mapped = octets.length === 4 ? Uint8Array.of(...MAPPED_PREFIX, ...octets) : octets;
  const words = new Int32Array(emitSockaddr({ octets: mapped, port }).buffer);
  return [COMMAND_ADOPT, fd, ...words.subarray(0, 1), ...words.subarray(2, 6)];
}

/** What an IPv4 address has before it as an IPv6 one (RFC 4291 §2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The connection is up: it is every peer's path, and each peer's responder learns so. */
function begin(state: State, row: number): void {
  // 0: it has ended before it was looked at.
  if (row === 0) return;
  state.row = row;
  state.sad.usePath(row);
  const newest = new Map<string, number>();
  for (const { spi, direction, peer } of state.sad.views()) {
    if (direction === "outbound") newest.set(peer, spi);
  }
  for (const spi of newest.values()) greet(state, spi);
}

function greet({ gateway, log }: State, spi: number): void {
  const refusal = gateway.sendDummy(spi, GREETING_LEN);
  if (refusal === undefined || refusal === "unknown") return;
  log("warn", "greeting_failed", { reason: refusal.detail });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
