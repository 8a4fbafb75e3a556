// Batches of AEAD jobs laid into a lane's block by hand, as `inbound` and `outbound_next` lay them,
// for tests of that step alone.

import { ok } from "node:assert/strict";
import { AEADS } from "../../ts-bindings/aead.ts";
import { type Core, instantiateCore, planMemory } from "../../ts-bindings/core.ts";
import {
  BATCH_MAX,
  IKE_DROP,
  JOB_LEN,
  JOB_OK,
  LANE_JOB_COUNT,
  LANE_JOBS,
  LANE_SA_SPEC,
  LANE_SLOTS,
  SA_CONTEXT,
  SA_OUTBOUND,
  UNKNOWN_SPI_DROP,
} from "../../ts-bindings/layout.ts";
import { type RecordViews, viewRecords, writeJob, writeSaSpec } from "../../ts-bindings/records.ts";
import { type AeadName, ICV_LEN } from "./aead.ts";

/** A core with one lane, on a memory of its own. */
export interface LaneScene {
  readonly memory: WebAssembly.Memory;
  readonly core: Core;
  readonly view: DataView;
  readonly views: RecordViews;
  readonly u8: Uint8Array;
  /** The lane's block. */
  readonly block: number;
  /** The shell's block, from which SAs are installed. */
  readonly shell: number;
}

/** A key as an SA has it. */
export interface SaKey {
  readonly spi: number;
  readonly aead: AeadName;
  readonly key: Uint8Array;
}

/** An SA of the core. */
export interface InstalledSa extends SaKey {
  /** Its row. */
  readonly id: number;
}

/** A packet to be sealed, and how far its octets lie past a multiple of 16. */
export interface PacketJob {
  readonly sa: InstalledSa;
  readonly nonce: Uint8Array;
  /** 8 or 12 octets. */
  readonly aad: Uint8Array;
  readonly plain: Uint8Array;
  readonly sourceSkew: number;
  readonly dataSkew: number;
}

/** Where one packet lies, and its job. */
export interface Place {
  readonly job: number;
  readonly data: number;
  readonly len: number;
}

/** The lane, and the block behind it. */
export const LANE = 0;
const SHELL = 1;

const LIMITS = { lanes: 1, connections: 1, sas: BATCH_MAX, rings: 1, innerMtu: 1400 };

/** Opens a core. */
export function openLane(module: WebAssembly.Module): LaneScene {
  const memory = planMemory(module, LIMITS);
  const core = instantiateCore({ module, memory });
  const { lanes, connections, sas, rings, innerMtu } = LIMITS;
  core.core_init(lanes, connections, sas, rings, innerMtu, 0, 0, 0, 1, IKE_DROP, UNKNOWN_SPI_DROP);
  return {
    memory,
    core,
    view: new DataView(memory.buffer),
    views: viewRecords(memory),
    u8: new Uint8Array(memory.buffer),
    block: core.lane_block(LANE),
    shell: core.lane_block(SHELL),
  };
}

/**
 * Writes an SA's specification. The core and the native engine install the SA from it and wipe it.
 */
export function writeSpec({ views, shell }: LaneScene, { spi, aead, key }: SaKey): void {
  const material = Uint8Array.of(...key, ...SALT);
  writeSaSpec(views, shell + LANE_SA_SPEC, {
    spi,
    direction: SA_OUTBOUND,
    peer: 1,
    algorithm: AEADS[aead].number,
    esn: 0,
    windowLen: 0,
    keyLen: material.length,
    localCount: 1,
    remoteCount: 1,
    standby: 0,
    initialSequence: 0n,
    ivOffset: 0n,
    softPackets: 0n,
    softOctets: 0n,
    softSeconds: 0,
    hardPackets: 0n,
    hardOctets: 0n,
    hardSeconds: 0,
    now: 0,
    key: material,
    local: [ANY],
    remote: [ANY],
  });
  material.fill(0);
}

/** Installs an SA in the core. */
export function installSa(scene: LaneScene, key: SaKey): InstalledSa {
  writeSpec(scene, key);
  const id = scene.core.sa_install(SHELL);
  ok(id > 0, `status ${-id}`);
  return { ...key, id };
}

/** Removes an SA from the core. */
export function removeSa({ core }: LaneScene, { id }: InstalledSa): void {
  ok(core.sa_remove(SHELL, id) === 1, `no SA ${id}`);
}

/**
 * Lays a batch out in the lane's slots: all sources, then what they are sealed to, each with
 * margins of `MARGIN` octets.
 *
 * @throws {AssertionError} If it has too many packets, or too long ones
 */
export function layOut(scene: LaneScene, packets: readonly PacketJob[]): Place[] {
  const { core, view, views, u8, block } = scene;
  ok(packets.length <= BATCH_MAX, `${packets.length} packets`);
  let end = block + LANE_SLOTS;
  const take = (len: number, skew: number): number => {
    const at = Math.ceil((end + MARGIN_LEN) / 16) * 16 + skew;
    end = at + len;
    return at;
  };
  const sources = packets.map(({ plain, sourceSkew }) => take(plain.length, sourceSkew));
  const places = packets.map(({ plain, dataSkew }, i) => ({
    job: block + LANE_JOBS + i * JOB_LEN,
    data: take(plain.length + ICV_LEN, dataSkew),
    len: plain.length,
  }));
  ok(end + MARGIN_LEN <= scene.shell, "the slots have no room");
  u8.fill(MARGIN, block + LANE_SLOTS, end + MARGIN_LEN);
  packets.forEach(({ sa, nonce, aad, plain }, i) => {
    const { job, data, len } = places[i] ?? NOWHERE;
    const source = sources[i] ?? 0;
    writeJob(views, job, {
      context: core.sa_row(sa.id) + SA_CONTEXT,
      data,
      dataLen: len,
      source,
      tag: data + len,
      aadLen: aad.length,
      ok: NO_RESULT,
      sa: sa.id,
      nonce,
      aad,
      sequence: 0n,
    });
    u8.set(plain, source);
  });
  view.setUint32(block + LANE_JOB_COUNT, packets.length, LITTLE_ENDIAN);
  return places;
}

/** A copy of a packet's ciphertext and ICV, or of the plaintext after an open. */
export function readSealed({ u8 }: LaneScene, { data, len }: Place): Uint8Array {
  return u8.slice(data, data + len + ICV_LEN);
}

/** Result of an open; false also if nothing was opened. */
export function isAuthentic({ view }: LaneScene, { job }: Place): boolean {
  return view.getUint32(job + JOB_OK, LITTLE_ENDIAN) === 1;
}

/** Whether the octets before and after a packet are as they were laid out. */
export function hasMargins({ u8 }: LaneScene, { data, len }: Place): boolean {
  const end = data + len + ICV_LEN;
  const margins = [
    u8.subarray(data - MARGIN_LEN, data),
    u8.subarray(end, end + MARGIN_LEN),
  ];
  return margins.every((margin) => margin.every((octet) => octet === MARGIN));
}

/** All of IPv4. */
const ANY = { version: 4, bits: 0, octets: new Uint8Array(4) };
const NOWHERE: Place = { job: 0, data: 0, len: 0 };
const NO_RESULT = 7;
const MARGIN = 0xa5;
const MARGIN_LEN = 16;
/** Nonces are given whole, so the salt has no meaning here. */
const SALT = Uint8Array.of(1, 2, 3, 4);
const LITTLE_ENDIAN = true;
