// The SAs of this gateway: which may be installed, and which are there. The core keeps keys,
// sequence numbers and windows; the names, peers and policy are here (RFC 4301 §4.4.2;
// docs/reference/api.md).

import type { Core } from "../../ts-bindings/core.ts";
import { LANE_SA_SPEC, ROW_GENERATION, SA_NUMBER } from "../../ts-bindings/layout.ts";
import { isRefused, refusalStatus } from "../../ts-bindings/outcome.ts";
import { Status } from "../../ts-bindings/status.ts";
import type { NativeEngine } from "../engine/native.ts";
import { AEADS } from "../model/aead.ts";
import type { SaDirection } from "../model/direction.ts";
import type { Refusal } from "../model/refusal.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import type { SaView } from "../model/sa_view.ts";
import { spiText } from "../model/spi.ts";
import type { KeyDigest, KeyUse } from "./key_use.ts";
import { type MemoryViews, readCount, readU32 } from "./memory_views.ts";
import { pathRow } from "./peer_path.ts";
import { createPeers, type Peers } from "./peers.ts";
import { hasEnded, readSa } from "./sa_row.ts";
import { writeSpec } from "./sa_spec.ts";
import type { Spd } from "./spd.ts";

/** The SAs of a gateway. Changes go through `sa_changes.ts`, which tells them to its listeners. */
export interface Sad {
  /** Installs an SA; a refusal leaves everything as it was. The key is wiped from `spec`. */
  install(spec: SaSpec, how?: InstallHow): SaEntry | Refusal;
  /** Ends the standby of an outbound SA; false if there is none with this id. */
  use(id: number): boolean;
  /** Removes an SA and wipes its key; returns its entry, or undefined if there was none. */
  remove(id: number): SaEntry | undefined;
  /** Wipes the keys of expired SAs in the native engine; the core has wiped its own before. */
  forgetExpired(): void;
  /** Ids of the SAs that have reached a hard limit and have told so; they wait to be removed. */
  ended(): number[];
  find(id: number): SaEntry | undefined;
  /** Ids of the SAs with this SPI, the oldest first. */
  idsOf(spi: number): number[];
  view(id: number): SaView | undefined;
  views(): SaView[];
  /** Number of SAs by direction. */
  counts(): Record<SaDirection, number>;
  /** By the row of a connection: the SAs whose peer has its path there. */
  sasByRow(): Map<number, PathSas>;
  /** Row of the connection on which the SA's outbound packets leave, 0 without a path. */
  pathOf(id: number): number;
  /** Makes a live connection the path of every peer (the originator's side). */
  usePath(row: number): void;
  /** Makes a connection the path of one peer; false if it has ended, or the peer has no SA. */
  usePathOf(peer: string, connection: RowOfConnection): boolean;
}

/** What an installer decides beside the specification. Only IKE decides anything else than this. */
export interface InstallHow {
  /**
   * Outbound: packets stay on another SA that fits, if there is one, until `use`. The peer may not
   * have the new one yet (RFC 7296 §2.8).
   */
  readonly isStandby?: boolean;
  /**
   * The key was made for this SA alone, as IKE makes it, and will never be seen again. It is not
   * remembered among the keys that were used.
   */
  readonly isKeyFresh?: boolean;
}

/** A connection as lanes name it. */
export interface RowOfConnection {
  readonly row: number;
  readonly generation: number;
}

/** The shell's part of an SA. It holds no key. */
export interface SaEntry extends Pick<SaView, "id" | "keyBits" | "installedAt"> {
  readonly spec: Omit<SaSpec, "keyMaterial">;
  /** Its row in the core's table, which is another SA's when this one is gone. */
  readonly row: number;
  /** Of its key; null if the key is not remembered. */
  readonly digest: KeyDigest | null;
  /** Installed on standby: it may not be in use yet. */
  readonly isStandby: boolean;
}

/** The SAs that have their path on one connection. */
export interface PathSas {
  readonly ids: number[];
  /** Their SPIs, in the same order. */
  readonly spis: string[];
}

export interface SadOptions {
  readonly core: Core;
  /** Gets each key too, if there is one. */
  readonly native: NativeEngine | null;
  readonly views: MemoryViews;
  /** Number of the shell's block. */
  readonly index: number;
  readonly spd: Spd;
  readonly keys: KeyUse;
  /** Monotonic ms of the lanes' clock. */
  readonly clock: () => number;
  readonly date: () => Date;
  /** Connection id of a row, as the API shows it. */
  readonly connectionId: (row: number) => number | null;
}

/** Makes an empty SAD. */
export function createSad(options: SadOptions): Sad {
  const state: State = { ...options, entries: new Map(), bySpi: new Map(), peers: createPeers() };
  return {
    install(spec, how = {}): SaEntry | Refusal {
      try {
        return install(state, spec, how);
      } finally {
        spec.keyMaterial.fill(0);
      }
    },
    use: (id) => options.core.sa_use(options.index, state.entries.get(id)?.row ?? 0) === 1,
    remove: (id) => remove(state, id),
    forgetExpired: () => forgetExpired(state),
    ended: () => ended(state),
    find: (id) => state.entries.get(id),
    idsOf: (spi) => [...state.bySpi.get(spi) ?? []],
    view(id): SaView | undefined {
      const entry = state.entries.get(id);
      return entry && view(state, entry);
    },
    views: () => [...state.entries.values()].map((entry) => view(state, entry)),
    counts: () => counts(state),
    sasByRow: () => sasByRow(state),
    pathOf(id): number {
      const entry = state.entries.get(id);
      return entry === undefined ? 0 : pathOf(state, entry);
    },
    usePath: (row) => usePath(state, row),
    usePathOf: (peer, connection) => usePathOf(state, peer, connection),
  };
}

interface State extends SadOptions {
  /** By id, in the order of installs. */
  readonly entries: Map<number, SaEntry>;
  /** Ids by SPI, in the same order. */
  readonly bySpi: Map<number, Set<number>>;
  readonly peers: Peers;
}

function install(
  state: State,
  spec: SaSpec,
  { isStandby = false, isKeyFresh = false }: InstallHow,
): SaEntry | Refusal {
  const { core, peers } = state;
  const digest = isKeyFresh ? null : state.keys.digest(spec.keyMaterial);
  const refusal = refuse(state, spec, digest);
  if (refusal !== undefined) return refusal;
  const key = takeKey(state.keys, digest, spec.direction);
  const peer = peers.take(spec.peer);
  const block = core.lane_block(state.index);
  const at = block + LANE_SA_SPEC;
  const written = { at, peer, ivOffset: key.ivOffset, now: state.clock(), isStandby };
  writeSpec(state.views, spec, written);
  const row = core.sa_install(state.index);
  if (isRefused(row)) {
    key.takeBack();
    peers.release(spec.peer);
    return refusalOf(refusalStatus(row));
  }
  if (state.native !== null) {
    // The core has wiped its copy of the key. Lanes may use the SA already: until the library has
    // its key, the core opens and seals.
    writeSpec(state.views, spec, written);
    state.native.install(block, row);
  }
  const { keyMaterial, ...shown } = spec;
  const entry: SaEntry = {
    spec: shown,
    id: readCount(state.views, core.sa_row(row) + SA_NUMBER),
    row,
    keyBits: (keyMaterial.length - AEADS[spec.aead].saltLen) * 8,
    digest,
    isStandby,
    installedAt: state.date().toISOString(),
  };
  enter(state, entry);
  return entry;
}

/** Remembers that a key is used, unless it is one that cannot come again. */
function takeKey(
  keys: KeyUse,
  digest: KeyDigest | null,
  direction: SaDirection,
): { readonly ivOffset: bigint; readonly takeBack: () => void } {
  if (digest === null) return { ivOffset: 0n, takeBack: () => undefined };
  const takeBack = keys.take(digest, direction);
  return { ivOffset: keys.ivOffset(digest), takeBack };
}

function refuse(state: State, spec: SaSpec, digest: KeyDigest | null): Refusal | undefined {
  const { direction, initialSequence, spi } = spec;
  // A peer chooses the SPIs that are sent to, so those of outbound SAs may be equal.
  if (direction === "inbound" && state.core.sa_find(spi) !== 0) return refusalOf(Status.SpiInUse);
  const other = state.spd.conflict(spec.peer, spec.remote);
  if (other !== undefined) {
    const detail = `remote overlaps ${other.prefix.text} of peer ${JSON.stringify(other.peer)}`;
    return { kind: "conflict", member: "remote", detail };
  }
  if (digest === null) return undefined;
  return state.keys.refusal({ digest, direction, initialSequence });
}

function remove(state: State, id: number): SaEntry | undefined {
  const { core } = state;
  const entry = state.entries.get(id);
  if (entry === undefined) return undefined;
  const { peer } = entry.spec;
  const number = state.peers.numberOf(peer);
  core.sa_remove(state.index, entry.row);
  state.native?.remove(entry.row);
  // Read after the core has let go of the SA, because a lane may take numbers until then. The row
  // keeps the last one.
  const lastSequence = readSa(state.views, core.sa_row(entry.row)).sequence;
  if (entry.digest !== null) state.keys.removed({ digest: entry.digest, lastSequence });
  // The next peer with this number must not inherit the path.
  if (state.peers.release(peer)) core.peer_forget(number);
  leave(state, entry);
  return entry;
}

function forgetExpired({ core, native, views, entries }: State): void {
  if (native === null) return;
  for (const { row } of entries.values()) {
    if (readSa(views, core.sa_row(row)).state === "expired") native.remove(row);
  }
}

function ended({ core, views, entries }: State): number[] {
  return [...entries.values()].filter(({ row }) => hasEnded(views, core.sa_row(row)))
    .map(({ id }) => id);
}

function enter({ entries, bySpi, spd }: State, entry: SaEntry): void {
  const { id, spec: { spi, peer, remote } } = entry;
  entries.set(id, entry);
  const ids = bySpi.get(spi) ?? new Set();
  bySpi.set(spi, ids.add(id));
  spd.add(peer, remote);
}

function leave({ entries, bySpi, spd }: State, { id, spec: { spi, peer, remote } }: SaEntry): void {
  entries.delete(id);
  const ids = bySpi.get(spi);
  ids?.delete(id);
  if (ids?.size === 0) bySpi.delete(spi);
  spd.remove(peer, remote);
}

function view(state: State, entry: SaEntry): SaView {
  const { spec, keyBits, installedAt, id, row } = entry;
  const { validAt, ...live } = readSa(state.views, state.core.sa_row(row));
  const path = spec.direction === "outbound" ? pathOf(state, entry) : 0;
  return {
    id,
    ...spec,
    ...live,
    keyBits,
    installedAt,
    lastValidAt: validAt === 0 ? null : dateOf(state, validAt),
    path: path > 0 ? state.connectionId(path) : null,
  };
}

function counts({ entries }: State): Record<SaDirection, number> {
  const count = { inbound: 0, outbound: 0 };
  for (const { spec } of entries.values()) count[spec.direction]++;
  return count;
}

function sasByRow(state: State): Map<number, PathSas> {
  const rows = new Map<number, PathSas>();
  for (const entry of state.entries.values()) {
    const row = pathOf(state, entry);
    if (row <= 0) continue;
    const sas = rows.get(row) ?? { ids: [], spis: [] };
    sas.ids.push(entry.id);
    sas.spis.push(spiText(entry.spec.spi));
    rows.set(row, sas);
  }
  return rows;
}

function usePath({ core, peers, views }: State, row: number): void {
  const generation = readU32(views, core.conn_row(row) + ROW_GENERATION);
  for (const number of peers.numbers()) core.peer_use(number, row, generation);
}

function usePathOf(
  { core, peers }: State,
  peer: string,
  { row, generation }: RowOfConnection,
): boolean {
  const number = peers.numberOf(peer);
  return number !== 0 && core.peer_use(number, row, generation) === 1;
}

function pathOf({ core, peers }: State, { spec }: SaEntry): number {
  return pathRow(core.peer_path(peers.numberOf(spec.peer)));
}

/** The core's refusal of an SA, in words for its installer. */
function refusalOf(status: number): Refusal {
  if (status === Status.SadFull) return { kind: "conflict", detail: "The table of SAs is full" };
  if (status === Status.SpiInUse) {
    return { kind: "conflict", member: "spi", detail: "An inbound SA with this SPI is installed" };
  }
  return { kind: "invalid", detail: "A member is out of range" };
}

/** RFC 3339 of a moment of the lanes' clock. */
function dateOf({ date, clock }: State, at: number): string {
  return new Date(date().getTime() - (clock() - at)).toISOString();
}
