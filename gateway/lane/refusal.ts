// Connections that are accepted and closed at once, at a limit or in a drain. The client learns no
// reason, so the shell is told, for an operator. A peer can be turned away all the time: each
// source is told once in a while, with the number of those in between.

import { LANE_SOCKADDR } from "../../ts-bindings/layout.ts";
import { STATUSES } from "../../ts-bindings/status.ts";
import { AF_INET } from "../linux/constants.ts";
import { parseSockaddr } from "../linux/structs.ts";
import { socketAddressText } from "../model/socket_address.ts";
import type { Troubled } from "./init.ts";
import type { Lane } from "./lane.ts";

/** Interval between two notices of one source and status, ms. */
const EVERY_MS = 10_000;

/** Sources that are told apart at a time. Further ones share an entry. */
const SOURCES_MAX = 64;

/**
 * Tells the shell of a connection whose peer is in LANE_SOCKADDR and that will be closed.
 *
 * @param fd Its descriptor
 * @param status Why: one of the statuses whose fate is refuse
 */
export function tellRefusal(lane: Lane, fd: number, status: number): void {
  const { refusals, now } = lane;
  const key = entryFor(lane, `${status} ${sourceOf(lane)}`, status);
  const last = refusals.get(key);
  if (last !== undefined && now - last.at < EVERY_MS) {
    last.suppressed++;
    return;
  }
  // The oldest stand first.
  refusals.delete(key);
  refusals.set(key, { at: now, suppressed: 0 });
  lane.tell({
    kind: "refused",
    remote: addressText(lane),
    local: localText(lane, fd),
    status: STATUSES[status]?.snakeCase ?? "",
    suppressed: last?.suppressed ?? 0,
  });
}

/** Makes the record of a lane that has refused nothing yet. */
export function createRefusals(): Map<string, Troubled> {
  return new Map();
}

/** The entry of a source; that of all others if there is no room for one more. */
function entryFor({ refusals, now }: Lane, key: string, status: number): string {
  if (refusals.has(key)) return key;
  for (const [oldest, { at }] of refusals) {
    if (refusals.size < SOURCES_MAX || now - at < EVERY_MS) break;
    refusals.delete(oldest);
  }
  return refusals.size < SOURCES_MAX ? key : `${status} others`;
}

/**
 * What the limits take for one source: an IPv4 address, mapped or not, or the first half of an IPv6
 * address.
 */
function sourceOf({ tables: { u32, block } }: Lane): string {
  const at = (block + LANE_SOCKADDR) >>> 2;
  if (((u32[at] ?? 0) & 0xffff) === AF_INET) return `${u32[at + 1]}`;
  const [a, b, c, d] = [u32[at + 2], u32[at + 3], u32[at + 4], u32[at + 5]];
  return a === 0 && b === 0 && c === MAPPED ? `${d}` : `${a} ${b}`;
}

/** Octets 8 to 11 of a mapped address (RFC 4291 §2.5.5.2), as the machine reads them. */
const MAPPED = 0xffff_0000;

/** The address in LANE_SOCKADDR as text. */
function addressText({ tables: { u8, block, sockaddrMax } }: Lane): string {
  return socketAddressText(
    parseSockaddr(new DataView(u8.buffer, block + LANE_SOCKADDR, sockaddrMax)),
  );
}

/** The address that the peer has connected to; null if the kernel does not know it any more. */
function localText(lane: Lane, fd: number): string | null {
  const { libc, tables } = lane;
  tables.u32[tables.sockaddrLen] = tables.sockaddrMax;
  const isKnown = libc.getsockname(fd, tables.sockaddrAt, tables.sockaddrLenAt) === 0;
  return isKnown ? addressText(lane) : null;
}
