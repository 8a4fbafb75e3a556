// Generated from wasm-core/src/layout by `deno task generate`. Do not edit.

import {
  JOB_AAD,
  JOB_AAD_LEN,
  JOB_CONTEXT,
  JOB_DATA,
  JOB_DATA_LEN,
  JOB_LEN,
  JOB_NONCE,
  JOB_OK,
  JOB_SA,
  JOB_SEQUENCE,
  JOB_SOURCE,
  JOB_TAG,
  SPEC_ALGORITHM,
  SPEC_DIRECTION,
  SPEC_ESN,
  SPEC_HARD_OCTETS,
  SPEC_HARD_PACKETS,
  SPEC_HARD_SECONDS,
  SPEC_INITIAL_SEQUENCE,
  SPEC_IV_OFFSET,
  SPEC_KEY,
  SPEC_KEY_LEN,
  SPEC_LEN,
  SPEC_LOCAL,
  SPEC_LOCAL_COUNT,
  SPEC_NOW,
  SPEC_PEER,
  SPEC_REMOTE,
  SPEC_REMOTE_COUNT,
  SPEC_SELECTOR_BITS,
  SPEC_SELECTOR_LEN,
  SPEC_SELECTOR_OCTETS,
  SPEC_SELECTOR_VERSION,
  SPEC_SOFT_OCTETS,
  SPEC_SOFT_PACKETS,
  SPEC_SOFT_SECONDS,
  SPEC_SPI,
  SPEC_STANDBY,
  SPEC_WINDOW_LEN,
} from "./layout.ts";

/** Views of a memory, through which records are written. */
export interface RecordViews {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;
  readonly f64: Float64Array;
}

/** Lays the views over a memory, which does not grow. */
export function viewRecords({ buffer }: WebAssembly.Memory): RecordViews {
  return {
    u8: new Uint8Array(buffer),
    u32: new Uint32Array(buffer),
    u64: new BigUint64Array(buffer),
    f64: new Float64Array(buffer),
  };
}

/** Members of an address prefix of a specification. */
export interface SpecSelector {
  /** 4 or 6. */
  readonly version: number;
  /** Length of the prefix. */
  readonly bits: number;
  /** 4 or 16 octets, in wire order. */
  readonly octets: Uint8Array;
}

/** Writes an address prefix of a specification at offset `at`. */
export function writeSpecSelector(views: RecordViews, at: number, members: SpecSelector): void {
  views.u8.fill(0, at, at + SPEC_SELECTOR_LEN);
  views.u32[(at + SPEC_SELECTOR_VERSION) >>> 2] = members.version;
  views.u32[(at + SPEC_SELECTOR_BITS) >>> 2] = members.bits;
  views.u8.set(members.octets, at + SPEC_SELECTOR_OCTETS);
}

/** Members of the specification that `sa_install` reads and wipes. */
export interface SaSpec {
  /** 0x100 and up. */
  readonly spi: number;
  /** `SA_INBOUND` or `SA_OUTBOUND`. */
  readonly direction: number;
  /** Number of the peer, 1 and up. */
  readonly peer: number;
  /** Number of the AEAD. */
  readonly algorithm: number;
  /** 1 with extended sequence numbers. */
  readonly esn: number;
  /** 32 to 4096, or 0 for off. */
  readonly windowLen: number;
  /** Octets of `key`: key, then salt. */
  readonly keyLen: number;
  /** Used elements of `local`. */
  readonly localCount: number;
  /** Used elements of `remote`. */
  readonly remoteCount: number;
  /** Outbound: 1 if packets leave by it only where no other SA fits, until `sa_use`. */
  readonly standby: number;
  /** The last number already used. */
  readonly initialSequence: bigint;
  /** Added to each number, modulo 2^64, for the packet's IV. */
  readonly ivOffset: bigint;
  /** 0 is no limit. */
  readonly softPackets: bigint;
  /** 0 is no limit. */
  readonly softOctets: bigint;
  /** 0 is no limit. */
  readonly softSeconds: number;
  /** 0 is no limit. */
  readonly hardPackets: bigint;
  /** 0 is no limit. */
  readonly hardOctets: bigint;
  /** 0 is no limit. */
  readonly hardSeconds: number;
  /** Monotonic milliseconds of the lanes' clock. */
  readonly now: number;
  /** Key, then salt. */
  readonly key: Uint8Array;
  /** Own side. */
  readonly local: readonly SpecSelector[];
  /** The peer's side. */
  readonly remote: readonly SpecSelector[];
}

/** Writes the specification that `sa_install` reads and wipes at offset `at`. */
export function writeSaSpec(views: RecordViews, at: number, members: SaSpec): void {
  views.u8.fill(0, at, at + SPEC_LEN);
  views.u32[(at + SPEC_SPI) >>> 2] = members.spi;
  views.u32[(at + SPEC_DIRECTION) >>> 2] = members.direction;
  views.u32[(at + SPEC_PEER) >>> 2] = members.peer;
  views.u32[(at + SPEC_ALGORITHM) >>> 2] = members.algorithm;
  views.u32[(at + SPEC_ESN) >>> 2] = members.esn;
  views.u32[(at + SPEC_WINDOW_LEN) >>> 2] = members.windowLen;
  views.u32[(at + SPEC_KEY_LEN) >>> 2] = members.keyLen;
  views.u32[(at + SPEC_LOCAL_COUNT) >>> 2] = members.localCount;
  views.u32[(at + SPEC_REMOTE_COUNT) >>> 2] = members.remoteCount;
  views.u32[(at + SPEC_STANDBY) >>> 2] = members.standby;
  views.u64[(at + SPEC_INITIAL_SEQUENCE) / 8] = members.initialSequence;
  views.u64[(at + SPEC_IV_OFFSET) / 8] = members.ivOffset;
  views.u64[(at + SPEC_SOFT_PACKETS) / 8] = members.softPackets;
  views.u64[(at + SPEC_SOFT_OCTETS) / 8] = members.softOctets;
  views.f64[(at + SPEC_SOFT_SECONDS) / 8] = members.softSeconds;
  views.u64[(at + SPEC_HARD_PACKETS) / 8] = members.hardPackets;
  views.u64[(at + SPEC_HARD_OCTETS) / 8] = members.hardOctets;
  views.f64[(at + SPEC_HARD_SECONDS) / 8] = members.hardSeconds;
  views.f64[(at + SPEC_NOW) / 8] = members.now;
  views.u8.set(members.key, at + SPEC_KEY);
  members.local.forEach((one, i) =>
    writeSpecSelector(views, at + SPEC_LOCAL + i * SPEC_SELECTOR_LEN, one)
  );
  members.remote.forEach((one, i) =>
    writeSpecSelector(views, at + SPEC_REMOTE + i * SPEC_SELECTOR_LEN, one)
  );
}

/** Members of an AEAD job, as `inbound` and `outbound_next` lay them. */
export interface Job {
  /** Offset of the key's context. */
  readonly context: number;
  /** Offset of ciphertext: opened in place, or where it is sealed to. */
  readonly data: number;
  /** Octets of it. */
  readonly dataLen: number;
  /** Offset of the plaintext to be sealed. */
  readonly source: number;
  /** Offset of the ICV. */
  readonly tag: number;
  /** Octets of `aad` that count: 8, or 12. */
  readonly aadLen: number;
  /** Result of an open: 1 if authentic. */
  readonly ok: number;
  /** The SA's id. */
  readonly sa: number;
  /** Salt, then IV. */
  readonly nonce: Uint8Array;
  /** SPI and sequence number. */
  readonly aad: Uint8Array;
  /** Full sequence number. */
  readonly sequence: bigint;
}

/** Writes an AEAD job, as `inbound` and `outbound_next` lay them at offset `at`. */
export function writeJob(views: RecordViews, at: number, members: Job): void {
  views.u8.fill(0, at, at + JOB_LEN);
  views.u32[(at + JOB_CONTEXT) >>> 2] = members.context;
  views.u32[(at + JOB_DATA) >>> 2] = members.data;
  views.u32[(at + JOB_DATA_LEN) >>> 2] = members.dataLen;
  views.u32[(at + JOB_SOURCE) >>> 2] = members.source;
  views.u32[(at + JOB_TAG) >>> 2] = members.tag;
  views.u32[(at + JOB_AAD_LEN) >>> 2] = members.aadLen;
  views.u32[(at + JOB_OK) >>> 2] = members.ok;
  views.u32[(at + JOB_SA) >>> 2] = members.sa;
  views.u8.set(members.nonce, at + JOB_NONCE);
  views.u8.set(members.aad, at + JOB_AAD);
  views.u64[(at + JOB_SEQUENCE) / 8] = members.sequence;
}
