// Asks the peers of silent connections whether they are still there. A client whose network has
// changed leaves its connection half open and comes back on another one. With the usual keepalive
// the old one would keep its place for four minutes (docs/design/decisions/0023-who-is-asked.md).
//
// The kernel asks: for some seconds the connection has a short keepalive. A peer that is there
// answers, and nothing changes for it. TCP does not probe while octets are on their way; then it
// repeats those, and that counts as the question.
//
// The core marks the connections when a limit is half reached (`wasm-core/src/path/asking.rs`).
// They may belong to any lane, so the others are told to look for theirs.

import { Status } from "../../ts-bindings/status.ts";
import {
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_INFO,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
} from "../linux/constants.ts";
import type { Asked } from "./asked.ts";
import type { Connection } from "./connection.ts";
import { doom, type Lane } from "./lane.ts";
import { orderOthers } from "./order_others.ts";
import { clearRowAsked, isRowAsked } from "./row.ts";

/** Order of one lane to the others: ask the peers of marked connections. */
export const ORDER_ASK = 128;

/** The keepalive of an asked connection: silence before the first probe, and between two, s. */
const IDLE_S = 4;
const INTERVAL_S = 2;

/** Time for answers, ms: four probes and more, whenever the peer has vanished. */
const ANSWER_MS = 14_000;

/** A peer is gone if it has left so many tries unanswered, and was silent for so long, ms. */
const TRIES_MIN = 4;
const SILENT_MS = 10_000;

/** Least time between two questions to one peer, ms. */
const AGAIN_MS = 30_000;

/** Asks where a new connection, whose peer is in LANE_SOCKADDR, meets a limit half reached. */
export function askPeers(lane: Lane): void {
  if (lane.core.conn_ask(lane.index, lane.now) === 0) return;
  askMarked(lane);
  orderOthers(lane, ORDER_ASK);
}

/** Asks on the lane's own connections that are marked. */
export function askMarked(lane: Lane): void {
  for (const connection of lane.live) {
    if (!isRowAsked(lane.tables, connection.row)) continue;
    clearRowAsked(lane.tables, connection.row);
    if (isWorthwhile(lane, connection)) ask(lane, connection);
  }
}

/** Ends those that have left the question unanswered, and gives the others their keepalive back. */
export function hearAnswers(lane: Lane): void {
  for (;;) {
    const [asked] = lane.asked;
    if (asked === undefined || lane.now < asked.dueAt) return;
    lane.asked.shift();
    const { connection } = asked;
    if (lane.connections[connection.row] !== connection) continue;
    if (isGone(lane, connection)) doom(lane, connection, Status.GaveWay);
    else setKeepalive(lane, connection, asked);
  }
}

/** Returns the time until the next answer is due, ms; -1 if nobody is asked. */
export function askingWaitMs({ asked: [first] }: Lane, now: number): number {
  return first === undefined ? -1 : Math.max(first.dueAt - now, 0);
}

/** An originator's connection ends by other means (`--tcp-keepalive-s`), and comes back itself. */
function isWorthwhile({ now }: Lane, { askedAt, closeWith, role }: Connection): boolean {
  const isEarly = askedAt !== 0 && now - askedAt < AGAIN_MS;
  return !isEarly && closeWith === 0 && role === "responder";
}

function ask(lane: Lane, connection: Connection): void {
  connection.askedAt = lane.now;
  if (isGone(lane, connection)) {
    doom(lane, connection, Status.GaveWay);
    return;
  }
  const { fd } = connection;
  const isOn = readOption(lane, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE });
  const idleS = readOption(lane, fd, { level: IPPROTO_TCP, name: TCP_KEEPIDLE });
  const intervalS = readOption(lane, fd, { level: IPPROTO_TCP, name: TCP_KEEPINTVL });
  // Without an answer the kernel could not have its own settings back.
  if (isOn < 0 || idleS < 0 || intervalS < 0) return;
  setKeepalive(lane, connection, { isOn: 1, idleS: IDLE_S, intervalS: INTERVAL_S });
  lane.asked.push({ connection, dueAt: lane.now + ANSWER_MS, isOn, idleS, intervalS });
}

/** Whether a peer answers nothing any more. The kernel keeps the account, also of a paused lane. */
function isGone({ libc, tables }: Lane, { fd }: Connection): boolean {
  const { scratch, scratchAt, sockaddrLen, sockaddrLenAt, u32, u8 } = tables;
  u32[sockaddrLen] = INFO_LEN;
  if (libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, scratchAt, sockaddrLenAt) < 0) return false;
  const tries = (u8[scratch + RETRANSMITS_AT] ?? 0) + (u8[scratch + PROBES_AT] ?? 0);
  const silentMs = Math.min(
    u32[(scratch + DATA_RECV_AT) >>> 2] ?? 0,
    u32[(scratch + ACK_RECV_AT) >>> 2] ?? 0,
  );
  return tries >= TRIES_MIN && silentMs >= SILENT_MS;
}

/**
 * Members of `struct tcp_info`: repetitions and probes without an answer, and the time since octets
 * and since an acknowledgement came, ms. We ask for nothing behind them.
 */
const RETRANSMITS_AT = 2;
const PROBES_AT = 3;
const DATA_RECV_AT = 52;
const ACK_RECV_AT = 56;
const INFO_LEN = 60;

/** Sets the keepalive. The time of silence comes last: it sets the kernel's timer anew. */
function setKeepalive(
  lane: Lane,
  { fd }: Connection,
  { isOn, idleS, intervalS }: Omit<Asked, "connection" | "dueAt">,
): void {
  writeOption(lane, fd, { level: IPPROTO_TCP, name: TCP_KEEPINTVL, value: intervalS });
  writeOption(lane, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE, value: isOn });
  writeOption(lane, fd, { level: IPPROTO_TCP, name: TCP_KEEPIDLE, value: idleS });
}

interface OptionName {
  readonly level: number;
  readonly name: number;
}

/** Returns an option of type int; -1 if the kernel does not tell it. */
function readOption({ libc, tables }: Lane, fd: number, { level, name }: OptionName): number {
  const { scratch, scratchAt, sockaddrLen, sockaddrLenAt, u32 } = tables;
  u32[sockaddrLen] = 4;
  if (libc.getsockopt(fd, level, name, scratchAt, sockaddrLenAt) < 0) return -1;
  return u32[scratch >>> 2] ?? -1;
}

function writeOption(
  { libc, tables }: Lane,
  fd: number,
  { level, name, value }: OptionName & { readonly value: number },
): void {
  tables.u32[tables.scratch >>> 2] = value;
  libc.setsockopt(fd, level, name, tables.scratchAt, 4);
}
