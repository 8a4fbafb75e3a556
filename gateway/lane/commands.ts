// Orders from the shell. The lane's eventfd announces them. Flags have the orders that must not
// wait for room; a ring in the lane's block has the others, with the shell as its only producer and
// the lane as its only consumer. A record of it has COMMAND_LEN octets: the kind, then arguments.

import {
  COMMAND_COUNT,
  COMMAND_LEN,
  LANE_COMMANDS,
  LANE_COMMANDS_CONSUMED,
  LANE_COMMANDS_WRITTEN,
  LANE_ORDERS,
} from "../../ts-bindings/layout.ts";
import { isRefused } from "../../ts-bindings/outcome.ts";
import { Status } from "../../ts-bindings/status.ts";
import { admit } from "./accept.ts";
import { askMarked, ORDER_ASK } from "./asking.ts";
import { startDrain } from "./drain.ts";
import { giveWay, ORDER_GIVE_WAY } from "./give_way.ts";
import { doom, type Lane } from "./lane.ts";
import { ORDER_UNPARK, unparkForOthers } from "./parking.ts";
import { ping, startPinging } from "./ping.ts";
import { receiveWaiting } from "./receive.ts";
import { ORDER_RECLAIM, reclaimForOthers } from "./reclaim.ts";
import { rowGeneration } from "./row.ts";
import { followNetwork } from "./source.ts";
import { transmitEntries } from "./transmit.ts";

/** Ends the lane. */
export const ORDER_STOP = 1;
/** Starts the drain. */
export const ORDER_DRAIN = 2;

/** Follows a change of the host's addresses or routes. Lanes have 4, 8, 64 and 128 for each
 * other. */
export const ORDER_NETWORK = 16;

/** Collects the garbage of the lane's thread. */
export const ORDER_COLLECT = 32;

/** Takes in packets that have waited for an SA, and drops those that wait in vain. */
export const ORDER_WAITING = 256;

/** Closes the connection of row `a` if its generation is `b`. */
export const COMMAND_KICK = 3;
/** See {@link dummyCommand}. */
const COMMAND_DUMMY = 4;
/**
 * Takes in descriptor `a`, a TCP connection that the shell has opened and on which it has sent the
 * stream prefix. The words of the peer's `sockaddr_in6` follow, without flow and scope: family and
 * port, then the address. An IPv4 address is mapped.
 */
export const COMMAND_ADOPT = 5;

/** Has the echo host hear replies, and send requests from the address of the words that follow. */
export const COMMAND_PING_FROM = 8;
/** Sends `a` echo requests of `b` octets to the address of the words that follow. */
export const COMMAND_PING = 9;

/**
 * Makes the command that sends a dummy packet on an outbound SA.
 *
 * @param sa Its row, and its id: the row may be another's when the command is carried out
 * @param octets Length of the inner packet
 */
export function dummyCommand(
  { row, id }: { readonly row: number; readonly id: number },
  octets: number,
): readonly number[] {
  return [COMMAND_DUMMY, row, octets, id >>> 0, Math.floor(id / WORD)];
}

/** Values of 32 bits. */
const WORD = 2 ** 32;

/**
 * Gives an order that no full ring can refuse.
 *
 * @param block Offset of the lane's block
 * @param order An `ORDER_` bit
 */
export function setOrder(i32: Int32Array, block: number, order: number): void {
  Atomics.or(i32, (block + LANE_ORDERS) >>> 2, order);
}

/**
 * Appends a command to a lane's ring. Shell only.
 *
 * @param block Offset of the lane's block
 * @param command Kind and arguments, up to COMMAND_LEN / 4 words
 * @returns false if the ring is full
 */
export function pushCommand(i32: Int32Array, block: number, command: readonly number[]): boolean {
  const written = Atomics.load(i32, (block + LANE_COMMANDS_WRITTEN) >>> 2) >>> 0;
  const consumed = Atomics.load(i32, (block + LANE_COMMANDS_CONSUMED) >>> 2) >>> 0;
  if ((written - consumed) >>> 0 >= COMMAND_COUNT) return false;
  i32.set(command, recordAt(block, written));
  Atomics.store(i32, (block + LANE_COMMANDS_WRITTEN) >>> 2, (written + 1) | 0);
  return true;
}

/** Carries out the shell's orders: flags first, then the ring, in order. */
export function runCommands(lane: Lane): void {
  const { i32, block } = lane.tables;
  // Some may be given again.
  const again = ORDER_RECLAIM | ORDER_UNPARK | ORDER_NETWORK | ORDER_COLLECT | ORDER_GIVE_WAY |
    ORDER_ASK | ORDER_WAITING;
  const orders = Atomics.and(i32, (block + LANE_ORDERS) >>> 2, ~again);
  if ((orders & ORDER_DRAIN) !== 0) startDrain(lane);
  if ((orders & ORDER_STOP) !== 0) lane.isStopping = true;
  if ((orders & ORDER_RECLAIM) !== 0) reclaimForOthers(lane);
  if ((orders & ORDER_UNPARK) !== 0) unparkForOthers(lane);
  if ((orders & ORDER_NETWORK) !== 0) followNetwork(lane);
  if ((orders & ORDER_COLLECT) !== 0) lane.collect();
  if ((orders & ORDER_GIVE_WAY) !== 0) giveWay(lane);
  if ((orders & ORDER_ASK) !== 0) askMarked(lane);
  if ((orders & ORDER_WAITING) !== 0) receiveWaiting(lane);
  const consumedAt = (block + LANE_COMMANDS_CONSUMED) >>> 2;
  const written = Atomics.load(i32, (block + LANE_COMMANDS_WRITTEN) >>> 2);
  let consumed = Atomics.load(i32, consumedAt);
  while (consumed !== written) {
    const at = recordAt(block, consumed >>> 0);
    run(lane, i32.subarray(at, at + COMMAND_LEN / 4));
    consumed = (consumed + 1) | 0;
    Atomics.store(i32, consumedAt, consumed);
  }
}

/** Index of record number `n`, in 32-bit words. */
function recordAt(block: number, n: number): number {
  return (block + LANE_COMMANDS + (n % COMMAND_COUNT) * COMMAND_LEN) >>> 2;
}

function run(lane: Lane, [kind = 0, a = 0, b = 0, ...more]: Iterable<number>): void {
  switch (kind) {
    case COMMAND_KICK:
      kick(lane, a, b);
      return;
    case COMMAND_DUMMY:
      dummy(lane, [a, b, ...more]);
      return;
    case COMMAND_ADOPT:
      admit(lane, { fd: a, role: "originator", state: "enabled", client: [b, 0, ...more] });
      return;
    case COMMAND_PING_FROM:
      startPinging(lane, [a, b, ...more].slice(0, ADDRESS_WORDS));
      return;
    case COMMAND_PING:
      ping(lane, { count: a, len: b, destination: more.slice(0, ADDRESS_WORDS) });
      return;
    default:
      throw new RangeError(`Cannot run command ${kind}: unknown`);
  }
}

/** Words of an address in an order; an IPv4 address is mapped. */
const ADDRESS_WORDS = 4;

function kick(lane: Lane, row: number, generation: number): void {
  const connection = lane.connections[row];
  if (connection === undefined || rowGeneration(lane.tables, row) !== generation) return;
  doom(lane, connection, Status.Kicked);
}

function dummy(lane: Lane, [row = 0, octets = 0, low = 0, high = 0]: readonly number[]): void {
  const id = (low >>> 0) + (high >>> 0) * WORD;
  if (!isRefused(lane.core.dummy_in(lane.index, row, id, octets))) transmitEntries(lane);
}
