// A bounded queue of records in shared memory, from one thread that writes to one that reads.
// Neither waits for the other. A record is whole when the reader sees it: the writer moves its
// cursor last.
//
//   0      written, u32, free-running    64     consumed, u32, free-running
//   128    wanted: 1 if the writer waits for room
//   192    octets of records, each beginning at a multiple of 4:
//          kind, u32 | row, u32 | generation, u32 | length, u32 | octets, padded to 4
//
// A push and a look take numbers from one object of the caller's, so that neither makes garbage.

/** A record. Its owner uses the same object for all of its records. */
export interface RingRecord {
  kind: number;
  /** A connection's row and generation, or whatever a kind has there. */
  row: number;
  generation: number;
  /** Where its octets are, for a push. */
  source: Uint8Array;
  at: number;
  /** Number of octets. */
  len: number;
}

/** One end of a ring. */
export interface ByteRing {
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  /** Octets for records. */
  readonly len: number;
}

/**
 * Makes the memory of a ring.
 *
 * @param len Octets for records: a power of two, from 64 on
 */
export function createRingMemory(len: number): SharedArrayBuffer {
  if (len < HEAD_LEN || (len & (len - 1)) !== 0) throw new RangeError(`Cannot make a ring: ${len}`);
  return new SharedArrayBuffer(DATA_AT + len);
}

/** Opens an end of a ring. */
export function openRing(memory: SharedArrayBuffer): ByteRing {
  const u8 = new Uint8Array(memory);
  return { i32: new Int32Array(memory), u8, len: u8.length - DATA_AT };
}

/** Makes a record for {@link pushRecord} and {@link lookAtRecord}. */
export function createRecord(): RingRecord {
  return { kind: 0, row: 0, generation: 0, source: new Uint8Array(0), at: 0, len: 0 };
}

/** Octets that a record takes. */
export function recordLen(len: number): number {
  return RECORD_HEAD_LEN + ((len + 3) & ~3);
}

/** Appends a record. False if there is no room; then nothing has happened. Writer only. */
export function pushRecord(ring: ByteRing, record: RingRecord): boolean {
  const { i32 } = ring;
  const written = Atomics.load(i32, WRITTEN);
  const used = (written - Atomics.load(i32, CONSUMED)) >>> 0;
  const need = recordLen(record.len);
  if (need > ring.len - used) return false;
  putWord(ring, written, record.kind);
  putWord(ring, written + 4, record.row);
  putWord(ring, written + 8, record.generation);
  putWord(ring, written + 12, record.len);
  copyIn(ring, written + RECORD_HEAD_LEN, record);
  Atomics.store(i32, WRITTEN, (written + need) | 0);
  return true;
}

/** Says that the writer waits for room. Look for room once more after it. Writer only. */
export function wantRoom({ i32 }: ByteRing): void {
  Atomics.store(i32, WANTED, 1);
}

/** Whether the writer has waited for room since the last call. Reader only. */
export function isRoomWanted({ i32 }: ByteRing): boolean {
  return Atomics.load(i32, WANTED) !== 0 && Atomics.exchange(i32, WANTED, 0) !== 0;
}

/** Reads the head of the next record into `record`; false if there is none. Reader only. */
export function lookAtRecord(ring: ByteRing, record: RingRecord): boolean {
  const { i32 } = ring;
  const consumed = Atomics.load(i32, CONSUMED);
  if (Atomics.load(i32, WRITTEN) === consumed) return false;
  record.kind = word(ring, consumed);
  record.row = word(ring, consumed + 4);
  record.generation = word(ring, consumed + 8);
  record.len = word(ring, consumed + 12);
  return true;
}

/** Copies the octets of the record that was looked at. Reader only. */
export function copyRecord(ring: ByteRing, target: Uint8Array, at: number): void {
  const { i32, u8, len: ringLen } = ring;
  const consumed = Atomics.load(i32, CONSUMED);
  const len = word(ring, consumed + 12);
  const from = (consumed + RECORD_HEAD_LEN) & (ringLen - 1);
  const first = Math.min(len, ringLen - from);
  for (let i = 0; i < first; i++) target[at + i] = u8[DATA_AT + from + i] ?? 0;
  for (let i = first; i < len; i++) target[at + i] = u8[DATA_AT + i - first] ?? 0;
}

/** Gives the room of the record back. Reader only. */
export function consumeRecord(ring: ByteRing): void {
  const { i32 } = ring;
  const consumed = Atomics.load(i32, CONSUMED);
  Atomics.store(i32, CONSUMED, (consumed + recordLen(word(ring, consumed + 12))) | 0);
}

/** Overwrites the octets of the record that was looked at, which held a secret. Reader only. */
export function wipeRecord(ring: ByteRing): void {
  const consumed = Atomics.load(ring.i32, CONSUMED);
  const len = word(ring, consumed + 12);
  const mask = ring.len - 1;
  for (let i = 0; i < len; i++) {
    ring.u8[DATA_AT + ((consumed + RECORD_HEAD_LEN + i) & mask)] = 0;
  }
}

/** Indices of 32-bit words. Each cursor has a cache line of its own. */
const WRITTEN = 0;
const CONSUMED = 16;
const WANTED = 32;

/** Offset of the octets, and their least number. */
const DATA_AT = 192;
const HEAD_LEN = 64;

const RECORD_HEAD_LEN = 16;

function putWord({ i32, len }: ByteRing, cursor: number, value: number): void {
  i32[(DATA_AT + (cursor & (len - 1))) >>> 2] = value;
}

function word({ i32, len }: ByteRing, cursor: number): number {
  return (i32[(DATA_AT + (cursor & (len - 1))) >>> 2] ?? 0) >>> 0;
}

/** Octet by octet: a view of the source would be garbage. */
function copyIn({ u8, len: ringLen }: ByteRing, cursor: number, record: RingRecord): void {
  const { source, at, len } = record;
  const to = cursor & (ringLen - 1);
  const first = Math.min(len, ringLen - to);
  for (let i = 0; i < first; i++) u8[DATA_AT + to + i] = source[at + i] ?? 0;
  for (let i = first; i < len; i++) u8[DATA_AT + i - first] = source[at + i] ?? 0;
}
