// Views and addresses of a lane's block. They are made once and hold for the life of the lane,
// since the memory never grows. Nothing here is allocated per packet: on Deno each address is a
// bigint, so the tables keep them.

import {
  BATCH_MAX,
  FRAME_KINDS,
  INBOUND,
  LANE_BATCH_COUNT,
  LANE_BATCH_STATUS,
  LANE_BUSY_MS,
  LANE_EPOLL,
  LANE_FRAMES,
  LANE_FRESH,
  LANE_INNER_IOV,
  LANE_RECV_IOV,
  LANE_SCRATCH,
  LANE_SLOT_IOV,
  LANE_SLOT_LEN,
  LANE_SOCKADDR,
  LANE_TX_IOV,
  LANE_TX_MSG,
  LANE_UP_IKE,
  LANE_UP_MMSG,
  LANE_UP_READ,
  LANE_WRITES,
  ROW_LEN,
} from "../../ts-bindings/layout.ts";
import type { Core } from "../../ts-bindings/core.ts";
import { EPOLL_DATA_AT, EPOLL_EVENT_LEN, LITTLE_ENDIAN } from "../linux/constants.ts";
import type { Address, MappedMemory } from "../runtime/types.ts";

/** Octets of one iovec. */
export const IOVEC_LEN = 16;

/** Octets of one mmsghdr, and the offsets of `msg_iovlen` and `msg_len` in it. */
const MMSGHDR_LEN = 64;
const MSG_IOVLEN_AT = 24;
const MSG_LEN_AT = 56;

/** An mmsghdr in 32-bit words. */
export const MMSGHDR_WORDS = MMSGHDR_LEN / 4;

/** Room for an address, the peer's or ours, octets. */
const SOCKADDR_MAX = 128;

/**
 * Offsets in the scratch area. Socket options and addresses are at 0, the constant 1 at 256, the
 * length for `accept4` at 264.
 */
const ONE_AT = 256;
const SOCKADDR_LEN_AT = 264;

/**
 * The message for an error queue is at 512 in the scratch area: a msghdr, an iovec, the beginning
 * of the datagram that was refused, and the control message that says why. These are offsets in it,
 * and the lengths of the last two.
 */
const ERROR_AT = 512;
const ERROR_IOV_AT = 56;
export const ERROR_HEAD_AT = 80;
export const ERROR_HEAD_LEN = 32;
export const ERROR_CONTROL_AT = 128;
export const ERROR_CONTROL_LEN = 128;
/** Offset of `msg_controllen` in a msghdr. */
export const MSG_CONTROLLEN_AT = 40;

/** Views of the memory, and offsets (octets), indices (words) and addresses in one lane's block. */
export interface LaneTables {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly dataView: DataView;
  /** Offsets of the lane's block and of connection row 0. */
  readonly block: number;
  readonly rows: number;
  readonly epoll: number;
  readonly epollAt: Address;
  readonly epollEventLen: number;
  readonly epollDataAt: number;
  readonly scratch: number;
  readonly scratchAt: Address;
  /** A u64 of 1, for eventfds and for socket options to be turned on. */
  readonly oneAt: Address;
  readonly sockaddrAt: Address;
  readonly sockaddrMax: number;
  /** Index of the length that `accept4` and its like take. */
  readonly sockaddrLen: number;
  readonly sockaddrLenAt: Address;
  /** Offset of the iovecs, and their address. */
  readonly recvIov: number;
  readonly recvIovAt: Address;
  /** Index of the first iovec's length. The second one is 4 words on. */
  readonly recvIovLen: number;
  readonly txMsgAt: Address;
  /** Address of the parts of that message, and index of their number. */
  readonly txIovAt: Address;
  readonly txParts: number;
  readonly upMmsgAt: readonly Address[];
  /** Index of the low half of the number of IKE messages from TCP. */
  readonly ikeFrames: number;
  /** Index of the first send's number of parts. The next one is MMSGHDR_WORDS on. */
  readonly upParts: number;
  /** Index of the number of IKE messages in the batch for the daemon. */
  readonly upIke: number;
  /** Index of the first send's mmsghdr. The next one is MMSGHDR_WORDS on. */
  readonly upMmsg: number;
  /** The low half of the memory's address. */
  readonly baseLow: number;
  /** A msghdr for the error queue of an upstream socket (`upstream_errors.ts`). */
  readonly errorAt: Address;
  /** Offset of it. */
  readonly error: number;
  readonly upReadAt: Address;
  /** Index of the first read's length. The next one is MMSGHDR_WORDS on. */
  readonly upReadLen: number;
  /** Offset of the iovecs, and their addresses. */
  readonly innerIov: number;
  readonly innerIovAt: readonly Address[];
  /** Index of the first call to the device: its iovec and its packets, a word each. */
  readonly writes: number;
  readonly slotAt: readonly Address[];
  /** Most octets that one read puts into a slot. */
  readonly slotLen: number;
  /** Index of the first slot's length. */
  readonly slotLens: number;
  /** Index of the number of fresh packets. */
  readonly fresh: number;
  /** Indices of what the last `inbound` counted, and of the status of a batch that closes. */
  readonly batchCount: number;
  readonly batchStatus: number;
  /** Index of the time awake, an f64 of ms. */
  readonly busyMs: number;
  /** The address in the iovec at an offset. It allocates on Deno, so it is for plain calls only. */
  readonly partAt: (iovec: number) => Address;
  /** The octets of the iovec at an offset. */
  readonly partLen: (iovec: number) => number;
}

export interface TablesOptions {
  readonly memory: WebAssembly.Memory;
  readonly mapped: MappedMemory;
  readonly core: Pick<Core, "lane_block" | "conn_row">;
  readonly index: number;
}

/** Makes the tables of one lane. The core has laid out the lane's slots before. */
export function createTables(options: TablesOptions): LaneTables {
  const { memory, mapped, core } = options;
  const { buffer } = memory;
  const block = core.lane_block(options.index);
  const u32 = new Uint32Array(buffer);
  const dataView = new DataView(buffer);
  const scratch = block + LANE_SCRATCH;
  const slotIov = block + LANE_SLOT_IOV;
  const partAt = addressReader(dataView, mapped);
  u32[(scratch + ONE_AT) >>> 2] = 1;
  u32[(scratch + ONE_AT + 4) >>> 2] = 0;

  writeErrorMessage(new DataView(buffer), mapped.base, scratch + ERROR_AT);

  function series(at: number, len: number): Address[] {
    return Array.from({ length: BATCH_MAX }, (_, i) => mapped.at(block + at + i * len));
  }

  return {
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    u32,
    f64: new Float64Array(buffer),
    dataView,
    block,
    rows: core.conn_row(1) - ROW_LEN,
    epoll: block + LANE_EPOLL,
    epollAt: mapped.at(block + LANE_EPOLL),
    epollEventLen: EPOLL_EVENT_LEN,
    epollDataAt: EPOLL_DATA_AT,
    scratch,
    scratchAt: mapped.at(scratch),
    oneAt: mapped.at(scratch + ONE_AT),
    sockaddrAt: mapped.at(block + LANE_SOCKADDR),
    sockaddrMax: SOCKADDR_MAX,
    sockaddrLen: (scratch + SOCKADDR_LEN_AT) >>> 2,
    sockaddrLenAt: mapped.at(scratch + SOCKADDR_LEN_AT),
    recvIov: block + LANE_RECV_IOV,
    recvIovAt: mapped.at(block + LANE_RECV_IOV),
    recvIovLen: (block + LANE_RECV_IOV + 8) >>> 2,
    txMsgAt: mapped.at(block + LANE_TX_MSG),
    txIovAt: mapped.at(block + LANE_TX_IOV),
    txParts: (block + LANE_TX_MSG + MSG_IOVLEN_AT) >>> 2,
    upMmsgAt: series(LANE_UP_MMSG, MMSGHDR_LEN),
    ikeFrames: (block + LANE_FRAMES + 32 * INBOUND + 8 * FRAME_KINDS.indexOf("ike")) >>> 2,
    innerIov: block + LANE_INNER_IOV,
    innerIovAt: series(LANE_INNER_IOV, IOVEC_LEN),
    writes: (block + LANE_WRITES) >>> 2,
    slotAt: Array.from({ length: BATCH_MAX }, (_, i) => partAt(slotIov + i * IOVEC_LEN)),
    slotLen: u32[(slotIov + 8) >>> 2] ?? 0,
    slotLens: (block + LANE_SLOT_LEN) >>> 2,
    fresh: (block + LANE_FRESH) >>> 2,
    batchCount: (block + LANE_BATCH_COUNT) >>> 2,
    batchStatus: (block + LANE_BATCH_STATUS) >>> 2,
    busyMs: (block + LANE_BUSY_MS) / 8,
    partAt,
    partLen: (iovec) => u32[(iovec + 8) >>> 2] ?? 0,
    ...upstreamTables(mapped, block),
  };
}

/** The tables for upstream sockets, of the lane whose block is at `block`. */
function upstreamTables(mapped: MappedMemory, block: number): UpstreamTables {
  const error = block + LANE_SCRATCH + ERROR_AT;
  return {
    upParts: (block + LANE_UP_MMSG + MSG_IOVLEN_AT) >>> 2,
    upIke: (block + LANE_UP_IKE) >>> 2,
    upMmsg: (block + LANE_UP_MMSG) >>> 2,
    baseLow: Number(BigInt.asUintN(32, mapped.base)),
    errorAt: mapped.at(error),
    error,
    upReadAt: mapped.at(block + LANE_UP_READ),
    upReadLen: (block + LANE_UP_READ + MSG_LEN_AT) >>> 2,
  };
}

type UpstreamTables = Pick<
  LaneTables,
  "upParts" | "upIke" | "upMmsg" | "baseLow" | "errorAt" | "error" | "upReadAt" | "upReadLen"
>;

/** Reads addresses that the core has written. Their offsets alone tell them apart here. */
function addressReader(dataView: DataView, mapped: MappedMemory): LaneTables["partAt"] {
  return (iovec) => mapped.at(Number(dataView.getBigUint64(iovec, LITTLE_ENDIAN) - mapped.base));
}

/** Writes the constant part of the message for error queues. */
function writeErrorMessage(view: DataView, base: bigint, at: number): void {
  const put = (offset: number, value: bigint): void =>
    view.setBigUint64(at + offset, value, LITTLE_ENDIAN);
  const addressOf = (offset: number): bigint => base + BigInt(at + offset);
  put(16, addressOf(ERROR_IOV_AT));
  put(MSG_IOVLEN_AT, 1n);
  put(32, addressOf(ERROR_CONTROL_AT));
  put(ERROR_IOV_AT, addressOf(ERROR_HEAD_AT));
  put(ERROR_IOV_AT + 8, BigInt(ERROR_HEAD_LEN));
}
