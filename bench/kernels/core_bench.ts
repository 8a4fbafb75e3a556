// A core with one connection, driven as a lane would drive it but without sockets. Frames are
// written where `readv` would put them, inner packets where a TUN would, and results are read from
// the transmit ring.

import { type NativeEngine, openNativeEngine } from "../../gateway/engine/native.ts";
import { emitSockaddr } from "../../gateway/linux/structs.ts";
import type { SaDirection } from "../../gateway/model/direction.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import { type MemoryViews, viewMemory } from "../../gateway/shell/memory_views.ts";
import { writeSpec } from "../../gateway/shell/sa_spec.ts";
import {
  type Core,
  type CoreVariant,
  instantiateCore,
  loadCore,
  planMemory,
} from "../../ts-bindings/core.ts";
import {
  BATCH_ESP,
  CONN_ENABLED,
  IKE_DROP,
  INNER_MTU_MAX,
  LANE_BATCH_COUNT,
  LANE_RECV_IOV,
  LANE_SA_SPEC,
  LANE_SLOT_IOV,
  LANE_SLOT_LEN,
  LANE_SOCKADDR,
  LANE_TX_IOV,
  UNKNOWN_SPI_DROP,
} from "../../ts-bindings/layout.ts";
import { isRefused, refusalStatus } from "../../ts-bindings/outcome.ts";
import {
  ESP_TRAILER_LEN,
  FIRST,
  frameOf,
  LOCAL,
  REMOTE,
  SPI,
  SPI_HELLO,
  type Workload,
} from "./workload.ts";

/** A core and its one connection. */
export interface CoreBench {
  readonly core: Core;
  /** The native engine, attached to this memory; null if the core's own AEAD is measured. */
  readonly native: NativeEngine | null;
  readonly views: MemoryViews;
  readonly conn: number;
  readonly block: number;
  /** Rows of the SAs, by direction and SPI. */
  readonly rows: Map<string, number>;
}

/** The only lane. The shell's block comes after it. */
export const LANE = 0;

/** Milliseconds. Time never advances in these benches. */
export const NOW = 1000;

export interface CoreBenchOptions {
  /** Path of the native engine, to measure it instead of the core's own AEAD. */
  readonly library?: string;
  /** By default the variant that the gateway would load on this runtime. */
  readonly variant?: CoreVariant;
}

/**
 * Starts a core.
 *
 * @throws {Error} If the core refuses the limits or the connection, or the library does not exist
 */
export async function openCoreBench(
  { library, variant }: CoreBenchOptions = {},
): Promise<CoreBench> {
  const module = variant === undefined
    ? (await loadCore(runtime.readCore)).module
    : await WebAssembly.compile(await runtime.readCore(variant));
  const memory = planMemory(module, LIMITS);
  const mapped = runtime.mapMemory(memory);
  const native = library === undefined
    ? null
    : openNativeEngine({ runtime, path: library, memory, mapped });
  const core = instantiateCore({ module, memory });
  const { lanes, connections, sas, rings, innerMtu } = LIMITS;
  const isLaidOut = core.core_init(
    lanes,
    connections,
    sas,
    rings,
    innerMtu,
    0,
    0,
    1,
    1,
    IKE_DROP,
    UNKNOWN_SPI_DROP,
  );
  if (isLaidOut === 0) throw new Error("Cannot lay out the core's memory");
  const views = viewMemory(memory);
  const block = core.lane_block(LANE);
  const peer = emitSockaddr({ octets: Uint8Array.of(192, 0, 2, 1), port: 40_000 });
  views.u8.set(peer, block + LANE_SOCKADDR);
  const conn = core.conn_open(LANE, -1, -1, NOW, NOW);
  if (isRefused(conn)) throw new Error(`Cannot open a connection: status ${refusalStatus(conn)}`);
  core.conn_state(LANE, conn, CONN_ENABLED);
  return { core, native, views, conn, block, rows: new Map() };
}

/** Names an SA of a workload. */
export interface SaName {
  readonly direction: SaDirection;
  readonly spi: number;
}

/**
 * Installs an SA with the workload's key, in place of an earlier one with this name. All SAs belong
 * to one peer.
 *
 * @returns Its row
 * @throws {Error} If the core refuses it
 */
export function installSa(
  { core, native, views, rows }: CoreBench,
  name: SaName,
  workload: Workload,
): number {
  const at = core.lane_block(SHELL) + LANE_SA_SPEC;
  const key = `${name.direction} ${name.spi}`;
  core.sa_remove(SHELL, rows.get(key) ?? 0);
  writeSpec(views, _specOf(name, workload), { at, peer: 1, ivOffset: 0n, now: NOW });
  const row = core.sa_install(SHELL);
  if (isRefused(row)) throw new Error(`Cannot install an SA: status ${refusalStatus(row)}`);
  rows.set(key, row);
  if (native === null) return row;
  writeSpec(views, _specOf(name, workload), { at, peer: 1, ivOffset: 0n, now: NOW });
  if (!native.install(core.lane_block(SHELL), row)) {
    throw new Error("Cannot install an SA natively");
  }
  return row;
}

/** Writes octets into the receive ring, as if they had been read from TCP. */
export function receive({ core, views, conn, block }: CoreBench, octets: Uint8Array): void {
  const parts = core.rx_prepare(LANE, conn);
  if (parts !== 1) throw new Error("Cannot receive: the ring does not begin anew");
  const at = views.u64[(block + LANE_RECV_IOV) / 8] ?? 0n;
  views.u8.set(octets, Number(at));
  core.rx_commit(LANE, conn, octets.length, NOW);
}

/** Writes an inner packet into slot `slot`, as if it had been read from a TUN. */
export function fillSlot({ views, block }: CoreBench, slot: number, inner: Uint8Array): void {
  const at = views.u64[(block + LANE_SLOT_IOV + slot * IOVEC_LEN) / 8] ?? 0n;
  views.u8.set(inner, Number(at));
  views.u32[(block + LANE_SLOT_LEN + slot * 4) / 4] = inner.length;
}

/** Opens a first packet from the peer. It gives the peer a path. */
export function greet(bench: CoreBench, workload: Workload): void {
  const { core, conn } = bench;
  installSa(bench, { direction: "inbound", spi: SPI_HELLO }, workload);
  receive(bench, frameOf(workload.hello));
  expectBatch(bench, 1);
  core.inbound_open(LANE);
  if (core.inbound_finish(LANE, conn, NOW) !== 1) throw new Error("Cannot open the first packet");
  core.rx_release_all(LANE, conn);
}

/** Lays out the workload's packets for the step that seals. The peer must have a path. */
export function layOutSeal(bench: CoreBench, workload: Workload): void {
  const { core, conn } = bench;
  installSa(bench, { direction: "outbound", spi: SPI }, workload);
  workload.packets.forEach(({ plain }, slot) =>
    fillSlot(bench, slot, plain.subarray(0, plain.length - ESP_TRAILER_LEN))
  );
  core.slots_in(LANE, workload.packets.length);
  if (core.outbound_next(LANE, NOW) !== conn) throw new Error("Cannot seal: no path");
}

/** Looks for the next batch. Throws unless it is ESP and has as many jobs as there are packets. */
export function expectBatch({ core, views, conn, block }: CoreBench, packets: number): number {
  const kind = core.inbound(LANE, conn, NOW);
  const count = views.u32[(block + LANE_BATCH_COUNT) / 4];
  if (kind !== BATCH_ESP || count !== packets) {
    throw new Error(`Cannot open: batch of kind ${kind} with ${count}`);
  }
  return packets;
}

/** Copies the octets that the transmit ring would send. */
export function queued({ core, views, conn, block }: CoreBench): Uint8Array {
  const out = new Uint8Array(core.tx_plan(LANE, conn));
  for (let [at, part] = [0, 0]; at < out.length; part += 1) {
    const iov = (block + LANE_TX_IOV + part * IOVEC_LEN) / 8;
    const [from, len] = [Number(views.u64[iov]), Number(views.u64[iov + 1])];
    out.set(views.u8.subarray(from, from + len), at);
    at += len;
  }
  return out;
}

function _specOf(
  { direction, spi }: SaName,
  { aead, key, salt }: Workload,
): Parameters<typeof writeSpec>[1] {
  const [from, to] = [[_host(LOCAL)], [_host(REMOTE)]];
  const isOutbound = direction === "outbound";
  return {
    spi,
    direction,
    peer: "peer",
    aead: aead === "chacha20-poly1305" ? aead : "aes-gcm-16",
    keyMaterial: Uint8Array.of(...key, ...salt),
    local: isOutbound ? from : to,
    remote: isOutbound ? to : from,
    esn: false,
    replayWindow: 1024,
    softPackets: 0n,
    softOctets: 0n,
    softSeconds: 0,
    hardPackets: 0n,
    hardOctets: 0n,
    hardSeconds: Infinity,
    initialSequence: isOutbound ? BigInt(FIRST - 1) : 0n,
  };
}

function _host(octets: readonly number[]): { octets: Uint8Array; bits: number; text: string } {
  return { octets: Uint8Array.from(octets), bits: 32, text: octets.join(".") };
}

const LIMITS = { lanes: 1, connections: 1, sas: 4, rings: 4, innerMtu: INNER_MTU_MAX };

/** Number of the shell's block, from which SAs are installed. */
const SHELL = LIMITS.lanes;

const IOVEC_LEN = 16;
