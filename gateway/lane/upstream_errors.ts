// The error queue of an upstream socket (IP_RECVERR). It has every datagram that the host, or
// another one on the way, has refused, with its first octets. So no error goes by unseen, and IKE
// that was lost is told from ESP.

import { Status } from "../../ts-bindings/status.ts";
import { MSG_DONTWAIT, MSG_ERRQUEUE } from "../linux/constants.ts";
import type { Connection } from "./connection.ts";
import { noteRefused } from "./evidence.ts";
import { loseIke } from "./hold.ts";
import type { Lane } from "./lane.ts";
import {
  ERROR_CONTROL_AT,
  ERROR_CONTROL_LEN,
  ERROR_HEAD_AT,
  ERROR_HEAD_LEN,
  type LaneTables,
  MMSGHDR_WORDS,
  MSG_CONTROLLEN_AT,
} from "./tables.ts";

/** The queue was empty. */
export const ERRORS_NONE = 0;
/** Earlier datagrams were refused. */
export const ERRORS_EARLIER = 1;
/** The datagram that was sent last was refused. */
export const ERRORS_LAST = 2;

/** Octets of the non-ESP marker, which are zero. */
const MARKER_LEN = 4;

/** Most errors that one call takes. */
const ERRORS_MAX = 4096;

/** Offset of `ee_errno` in the control message: behind its header. */
const EE_ERRNO_AT = 16;

/**
 * Empties the error queue. Relayed ESP that was refused is counted and gone. IKE ends its
 * connection, unless it is the message of send `last`, which is still there.
 *
 * @param last Number of a send of the batch that has just left; -1 without one
 * @returns An `ERRORS_` value
 */
export function readErrors(lane: Lane, connection: Connection, last: number): number {
  let found = ERRORS_NONE;
  for (let i = 0; i < ERRORS_MAX; i++) {
    const len = readError(lane, connection);
    if (len < 0) break;
    if (isIke(lane.tables, len) && isSend(lane.tables, len, last)) {
      found = ERRORS_LAST;
      continue;
    }
    found = Math.max(found, ERRORS_EARLIER);
    lane.core.count(lane.index, Status.UpstreamRefused, 1);
    if (isIke(lane.tables, len)) loseIke(lane, connection);
  }
  return found;
}

/** Reads one error. Returns how much of the datagram is there, octets; -1 if there is no error. */
function readError(lane: Lane, connection: Connection): number {
  const { libc, tables } = lane;
  const { error, errorAt, u32 } = tables;
  u32[(error + MSG_CONTROLLEN_AT) >>> 2] = ERROR_CONTROL_LEN;
  const len = libc.recvmsg(connection.upstreamFd, errorAt, MSG_ERRQUEUE | MSG_DONTWAIT);
  if (len < 0) return -1;
  noteRefused(lane, u32[(error + ERROR_CONTROL_AT + EE_ERRNO_AT) >>> 2] ?? 0);
  return Math.min(len, ERROR_HEAD_LEN);
}

/**
 * Whether the refused datagram is IKE. A router that quotes no more than it must leaves that open
 * (RFC 792): then it may be.
 */
function isIke({ error, u32 }: LaneTables, len: number): boolean {
  return len < MARKER_LEN || u32[(error + ERROR_HEAD_AT) >>> 2] === 0;
}

/** Whether it is the datagram of send `send`, as far as it is there. */
function isSend(tables: LaneTables, len: number, send: number): boolean {
  if (send < 0 || len < MARKER_LEN) return false;
  const { error, u8 } = tables;
  const at = sendAt(tables, send);
  for (let i = 0; i < len; i++) {
    if (u8[error + ERROR_HEAD_AT + i] !== u8[at + i]) return false;
  }
  return true;
}

/** Returns the length of the first datagram of send `send`, octets. */
export function sendLen(tables: LaneTables, send: number): number {
  return tables.u32[(iovecAt(tables, send) >>> 2) + 2] ?? 0;
}

/** Offset of the first datagram of send `send`. */
function sendAt(tables: LaneTables, send: number): number {
  return offsetOf(tables, tables.u32[iovecAt(tables, send) >>> 2]);
}

/** Offset of the first iovec of send `send`. */
function iovecAt(tables: LaneTables, send: number): number {
  return offsetOf(tables, tables.u32[tables.upMmsg + send * MMSGHDR_WORDS + MSG_IOV_WORD]);
}

/** Returns the offset of an address whose low half is `low`: the memory is shorter than 4 GiB. */
function offsetOf({ baseLow }: LaneTables, low = 0): number {
  return (low - baseLow) >>> 0;
}

/** Word of an mmsghdr that has the low half of `msg_iov`. */
const MSG_IOV_WORD = 4;
