// Cases that every engine must pass with a batch: it equals the published vectors, and node:crypto
// on random packets.

import { equal, ok } from "node:assert/strict";
import { AEAD_NAMES, AEADS } from "../../ts-bindings/aead.ts";
import { BATCH_MAX } from "../../ts-bindings/layout.ts";
import { type AeadName, ICV_LEN, sealAead } from "./aead.ts";
import type { AeadVector } from "./aead_vectors.ts";
import {
  hasMargins,
  type InstalledSa,
  isAuthentic,
  type LaneScene,
  layOut,
  type PacketJob,
  type Place,
  readSealed,
  type SaKey,
} from "./lane_jobs.ts";
import { createRandom, type Random } from "./random.ts";

/** An engine that runs the batch in a scene's lane. */
export interface BatchEngine {
  readonly scene: LaneScene;
  /** Installs an SA; undefined if the engine lacks its AEAD. */
  install(key: SaKey): InstalledSa | undefined;
  remove(sa: InstalledSa): void;
  seal(): void;
  open(): void;
  /** Whether a forged packet stays as it was; if not, its octets are wiped. */
  readonly keepsForged: boolean;
}

/** A packet that must seal to `sealed`; the ICV may be given by its first octets alone. */
interface Known {
  readonly packet: PacketJob;
  readonly sealed: Uint8Array;
  /** The bit of the ICV that is flipped before it is opened. */
  readonly spoiltBit?: number;
}

/**
 * Seals and opens every vector, and opens it again with each octet of nonce, AAD, data and ICV
 * spoilt. Returns how many vectors the engine has.
 */
export function checkVectors(engine: BatchEngine, vectors: readonly AeadVector[]): number {
  let done = 0;
  for (const vector of vectors) {
    const spi = new DataView(vector.aad.buffer).getUint32(0);
    const sa = engine.install({ spi, aead: vector.aead, key: vector.key });
    if (sa === undefined) continue;
    const packet = { sa, ...vector, sourceSkew: done % 16, dataSkew: (done + 5) % 16 };
    const sealed = Uint8Array.of(...vector.sealed, ...vector.tag);
    checkBatch(engine, [{ packet, sealed }], vector.name);
    const whole = readSealed(engine.scene, resealed(engine, packet));
    for (const forged of forgeries(packet, whole)) checkForged(engine, forged, vector.name);
    engine.remove(sa);
    done += 1;
  }
  return done;
}

function resealed(engine: BatchEngine, packet: PacketJob): Place {
  const [place] = layOut(engine.scene, [packet]);
  ok(place !== undefined);
  engine.seal();
  return place;
}

interface Forgery {
  readonly packet: PacketJob;
  readonly octets: Uint8Array;
}

/**
 * Copies of the packet, each with one octet that has a flipped bit. The SPI stays, because a packet
 * finds its SA by it.
 */
function forgeries(packet: PacketJob, octets: Uint8Array): Forgery[] {
  const flipped = (of: Uint8Array): Uint8Array[] =>
    Array.from(of, (octet, at) => of.with(at, octet ^ 1 << at % 8));
  return [
    ...flipped(packet.nonce).map((nonce) => ({ packet: { ...packet, nonce }, octets })),
    ...flipped(packet.aad).slice(4).map((aad) => ({ packet: { ...packet, aad }, octets })),
    ...flipped(octets).map((spoilt) => ({ packet, octets: spoilt })),
  ];
}

function checkForged(engine: BatchEngine, { packet, octets }: Forgery, name: string): void {
  const { scene } = engine;
  const [place] = layOut(scene, [packet]);
  ok(place !== undefined);
  scene.u8.set(octets, place.data);
  engine.open();
  ok(!isAuthentic(scene, place), `${name} is forged`);
  const left = engine.keepsForged ? octets : new Uint8Array(place.len);
  equalOctets(readSealed(scene, place).subarray(0, left.length), left, `${name}, forged`);
}

/** Seals a batch, spoils the ICVs of some of its packets, and opens it. */
function checkBatch(engine: BatchEngine, batch: readonly Known[], name: string): void {
  const { scene } = engine;
  const places = layOut(scene, batch.map(({ packet }) => packet));
  const laid = batch.map((known, i) => laidOut(known, places[i], `${name}: packet ${i}`));
  engine.seal();
  for (const { sealed, place, label } of laid) {
    equalOctets(readSealed(scene, place).subarray(0, sealed.length), sealed, `${label}, sealed`);
    ok(hasMargins(scene, place), `${label}: sealed beyond its octets`);
  }
  for (const { spoiltBit, place } of laid) spoil(scene, place, spoiltBit);
  const received = laid.map(({ place }) => readSealed(scene, place));
  engine.open();
  laid.forEach(({ packet, spoiltBit, place, label }, i) => {
    equal(isAuthentic(scene, place), spoiltBit === undefined, `${label}, opened`);
    const opened = readSealed(scene, place);
    if (spoiltBit === undefined) {
      equalOctets(opened.subarray(0, place.len), packet.plain, `${label}, opened`);
    } else {
      const left = engine.keepsForged ? received[i] ?? packet.plain : new Uint8Array(place.len);
      equalOctets(opened.subarray(0, left.length), left, `${label}, forged`);
    }
    ok(hasMargins(scene, place), `${label}: opened beyond its octets`);
  });
}

function laidOut(
  known: Known,
  place: Place | undefined,
  name: string,
): Known & { readonly place: Place; readonly label: string } {
  ok(place !== undefined);
  const { sa, aad } = known.packet;
  const kind = `${sa.aead}-${sa.key.length * 8}, AAD ${aad.length}`;
  return { ...known, place, label: `${name}, ${place.len} octets at ${place.data % 16}, ${kind}` };
}

/** Flips one bit of the ICV, or none. */
function spoil({ u8 }: LaneScene, { data, len }: Place, bit: number | undefined): void {
  if (bit === undefined) return;
  const at = data + len + (bit >> 3);
  u8[at] = (u8[at] ?? 0) ^ 1 << bit % 8;
}

/** Every key that ESP may have here. */
export const KEYS: readonly (readonly [aead: AeadName, keyLen: number])[] = AEAD_NAMES.flatMap(
  (name) => AEADS[name].keyLens.map((len) => [name, len] as const),
);

/** A run of random batches: the SAs of a batch's packets, and the lengths of the packets. */
export interface RandomBatches {
  readonly name: string;
  readonly seed: number;
  readonly batches: readonly (readonly number[])[];
  /** Octets of the data; they bound what fits into the slots. */
  readonly keys: readonly (readonly [aead: AeadName, keyLen: number])[];
}

/**
 * Compares batches of packets of these lengths with node:crypto, with an eighth of each batch's
 * ICVs spoilt. Returns the number of packets.
 */
export function checkRandom(
  engine: BatchEngine,
  { name, seed, batches, keys }: RandomBatches,
): number {
  const random = createRandom(seed);
  const sas = keys.flatMap(([aead, keyLen], n) => {
    const sa = engine.install({ spi: 0x1000 + n, aead, key: random.octets(keyLen) });
    return sa === undefined ? [] : [sa];
  });
  let done = 0;
  for (const lens of batches) {
    const batch = lens.map((len) => randomPacket(random, { sa: oneOf(random, sas), len }));
    checkBatch(engine, batch, `${name}, seed ${seed}, batch of ${lens.length}`);
    done += batch.length;
  }
  for (const sa of sas) engine.remove(sa);
  return done;
}

function randomPacket(
  random: Random,
  { sa, len }: { readonly sa: InstalledSa; readonly len: number },
): Known {
  const aad = random.octets(random.below(2) === 0 ? 8 : 12);
  new DataView(aad.buffer).setUint32(0, sa.spi);
  const packet = {
    sa,
    nonce: random.octets(12),
    aad,
    plain: random.octets(len),
    sourceSkew: random.below(16),
    dataSkew: random.below(16),
  };
  const known = { packet, sealed: sealAead({ ...sa, ...packet }, packet.plain) };
  return random.below(8) === 0 ? { ...known, spoiltBit: random.below(8 * ICV_LEN) } : known;
}

/**
 * Lengths for {@link checkRandom}: all short ones, and those around every boundary of the kernels,
 * up to the longest packet.
 */
export function batchesOfAllLengths(seed: number): number[][] {
  const random = createRandom(seed);
  const short = Array.from({ length: 640 }, (_, len) => len);
  const middle = [
    1023,
    1024,
    1025,
    1400,
    1416,
    4079,
    4080,
    4081,
    4095,
    4096,
    4097,
    4200,
    8191,
    9000,
  ];
  const mixed = Array.from(
    { length: 320 },
    () => random.below(oneOf(random, [32, 200, 1500, 5000])),
  );
  const long = Array.from({ length: 12 }, () => 9000 + random.below(LEN_MAX - 9000));
  const cut = (lens: readonly number[], size: number): number[][] =>
    lens.length === 0 ? [] : [lens.slice(0, size), ...cut(lens.slice(size), size)];
  return [
    ...cut(short, 61),
    ...cut(mixed, BATCH_MAX),
    ...cut([...middle, ...middle], 7),
    ...cut([...long, LEN_MAX - 2, LEN_MAX - 1, LEN_MAX], 5),
    [LEN_MAX],
    [64],
    [],
  ];
}

/**
 * The longest packet that an engine is given: a frame of 65,535 octets (RFC 9329 §3) without its
 * Length field, SPI, sequence number, IV and ICV leaves 65,501.
 */
const LEN_MAX = 65_498;

/** Checks every alignment of the source with every alignment of the destination. */
export function checkAlignments(engine: BatchEngine, seed: number): number {
  const random = createRandom(seed);
  let done = 0;
  for (const [aead, keyLen] of KEYS) {
    const sa = engine.install({ spi: 0x2000, aead, key: random.octets(keyLen) });
    if (sa === undefined) continue;
    for (let sourceSkew = 0; sourceSkew < 16; sourceSkew++) {
      const batch = Array.from({ length: 16 }, (_, dataSkew) => {
        const known = randomPacket(random, { sa, len: 200 + random.below(200) });
        return { ...known, packet: { ...known.packet, sourceSkew, dataSkew } };
      });
      checkBatch(engine, batch, `source at ${sourceSkew}`);
      done += batch.length;
    }
    engine.remove(sa);
  }
  return done;
}

function oneOf<T>(random: Random, values: readonly T[]): T {
  const value = random.pick(values);
  if (value === undefined) throw new RangeError("Cannot choose: there is nothing");
  return value;
}

/** As `deepEqual`, but fast for many octets. */
function equalOctets(actual: Uint8Array, expected: Uint8Array, what: string): void {
  const at = actual.findIndex((octet, n) => octet !== expected[n]);
  ok(actual.length === expected.length && at < 0, `${what}: octet ${at} is wrong`);
}
