// The SAs of this gateway: which may be installed, and which are there. The core keeps keys,
// sequence numbers and windows; the names, peers and policy are here (RFC 4301 §4.4.2;
// docs/reference/api.md).

import type { Core } from "../../ts-bindings/core.ts";
import { LANE_SA_SPEC } from "../../ts-bindings/layout.ts";
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
import type { MemoryViews } from "./memory_views.ts";
import { pathRow } from "./peer_path.ts";
import { createPeers, type Peers } from "./peers.ts";
import { hasEnded, readSa } from "./sa_row.ts";
import { writeSpec } from "./sa_spec.ts";
import type { Spd } from "./spd.ts";

/** The SAs of a gateway. Changes go through `sa_changes.ts`, which tells them to its listeners. */
export interface Sad {
  /** Installs an SA; a refusal leaves everything as it was. The key is wiped from `spec`. */
  install(spec: SaSpec): Refusal | undefined;
  /** Removes an SA and wipes its key; returns its entry, or undefined if there was none. */
  remove(spi: number): SaEntry | undefined;
  /** Wipes the keys of expired SAs in the native engine; the core has wiped its own before. */
  forgetExpired(): void;
  /** SPIs of the SAs that have reached a hard limit and have told so; they wait to be removed. */
  ended(): number[];
  find(spi: number): SaEntry | undefined;
  view(spi: number): SaView | undefined;
  views(): SaView[];
  /** Number of SAs by direction. */
  counts(): Record<SaDirection, number>;
  /** By row: SPIs of the SAs whose peer has its path there. */
  spisByRow(): Map<number, string[]>;
  /** Row of the connection on which the SA's outbound packets leave, 0 without a path. */
  pathOf(spi: number): number;
  /**
   * Makes a live connection the path of one peer, before the peer has sent ESP on it. It does
   * nothing if the peer has no SA, or if the connection has ended.
   */
  usePeer(peer: string, connection: { readonly row: number; readonly generation: number }): void;
  /** Makes a live connection the path of every peer (the originator's side). */
  usePath(row: number): void;
}

/** The shell's part of an SA. It holds no key. */
export interface SaEntry extends Pick<SaView, "keyBits" | "installedAt"> {
  readonly spec: Omit<SaSpec, "keyMaterial">;
  readonly id: number;
  readonly digest: KeyDigest;
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
  /** Generation of a row, which tells its connections apart. */
  readonly generationOf: (row: number) => number;
}

/** Makes an empty SAD. */
export function createSad(options: SadOptions): Sad {
  const state: State = { ...options, entries: new Map(), peers: createPeers() };
  return {
    install(spec): Refusal | undefined {
      try {
        return install(state, spec);
      } finally {
        spec.keyMaterial.fill(0);
      }
    },
    remove: (spi) => remove(state, spi),
    forgetExpired: () => forgetExpired(state),
    ended: () => ended(state),
    find: (spi) => state.entries.get(spi),
    view: (spi) => view(state, spi),
    views: () =>
      [...state.entries.keys()].map((spi) => view(state, spi)).filter((sa) => sa !== undefined),
    counts: () => counts(state),
    spisByRow: () => spisByRow(state),
    pathOf: (spi) => pathOf(state, spi),
    usePath: (row) => usePath(state, row),
    usePeer: (peer, connection) => usePeer(state, peer, connection),
  };
}

interface State extends SadOptions {
  readonly entries: Map<number, SaEntry>;
  readonly peers: Peers;
}

function install(state: State, spec: SaSpec): Refusal | undefined {
  const { core, keys, peers } = state;
  const digest = keys.digest(spec.keyMaterial);
  const refusal = refuse(state, spec, digest);
  if (refusal !== undefined) return refusal;
  const takeBack = keys.take(digest, spec.direction);
  const peer = peers.take(spec.peer);
  const block = core.lane_block(state.index);
  const at = block + LANE_SA_SPEC;
  const written = { at, peer, ivOffset: keys.ivOffset(digest), now: state.clock() };
  writeSpec(state.views, spec, written);
  const id = core.sa_install(state.index);
  if (isRefused(id)) {
    takeBack();
    peers.release(spec.peer);
    return refusalOf(refusalStatus(id));
  }
  if (state.native !== null) {
    // The core has wiped its copy of the key. Lanes may use the SA already: until the library has
    // its key, the core opens and seals.
    writeSpec(state.views, spec, written);
    state.native.install(block, id);
  }
  const { keyMaterial, ...shown } = spec;
  state.entries.set(spec.spi, {
    spec: shown,
    id,
    keyBits: (keyMaterial.length - AEADS[spec.aead].saltLen) * 8,
    digest,
    installedAt: state.date().toISOString(),
  });
  state.spd.add(spec.peer, spec.remote);
  return undefined;
}

function refuse(state: State, spec: SaSpec, digest: KeyDigest): Refusal | undefined {
  if (state.entries.has(spec.spi)) return refusalOf(Status.SpiInUse);
  const other = state.spd.conflict(spec.peer, spec.remote);
  if (other !== undefined) {
    const detail = `remote overlaps ${other.prefix.text} of peer ${JSON.stringify(other.peer)}`;
    return { kind: "conflict", member: "remote", detail };
  }
  const { direction, initialSequence } = spec;
  return state.keys.refusal({ digest, direction, initialSequence });
}

function remove(state: State, spi: number): SaEntry | undefined {
  const { core } = state;
  const entry = state.entries.get(spi);
  if (entry === undefined) return undefined;
  const { peer, remote } = entry.spec;
  const row = core.sa_row(entry.id);
  const number = state.peers.numberOf(peer);
  core.sa_remove(state.index, spi);
  state.native?.remove(entry.id);
  // Read after the core has let go of the SA, because a lane may take numbers until then. The row
  // keeps the last one.
  const lastSequence = readSa(state.views, row).sequence;
  state.keys.removed({ digest: entry.digest, lastSequence });
  state.spd.remove(peer, remote);
  // The next peer with this number must not inherit the path.
  if (state.peers.release(peer)) core.peer_forget(number);
  state.entries.delete(spi);
  return entry;
}

function forgetExpired({ core, native, views, entries }: State): void {
  if (native === null) return;
  for (const { id } of entries.values()) {
    if (readSa(views, core.sa_row(id)).state === "expired") native.remove(id);
  }
}

function ended({ core, views, entries }: State): number[] {
  return [...entries].filter(([, { id }]) => hasEnded(views, core.sa_row(id))).map(([spi]) => spi);
}

function view(state: State, spi: number): SaView | undefined {
  const entry = state.entries.get(spi);
  if (entry === undefined) return undefined;
  const { spec, keyBits, installedAt, id } = entry;
  const { validAt, ...live } = readSa(state.views, state.core.sa_row(id));
  const path = spec.direction === "outbound" ? pathOf(state, spi) : 0;
  return {
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

function spisByRow(state: State): Map<number, string[]> {
  const rows = new Map<number, string[]>();
  for (const spi of state.entries.keys()) {
    const row = pathOf(state, spi);
    if (row <= 0) continue;
    const spis = rows.get(row) ?? [];
    spis.push(spiText(spi));
    rows.set(row, spis);
  }
  return rows;
}

function usePath({ core, peers }: State, row: number): void {
  for (const number of peers.numbers()) core.peer_use(number, row);
}

function usePeer(
  { core, peers, generationOf }: State,
  peer: string,
  { row, generation }: { readonly row: number; readonly generation: number },
): void {
  const number = peers.numberOf(peer);
  if (number === 0 || generationOf(row) !== generation) return;
  core.peer_use(number, row);
  // The connection may have ended meanwhile, and the row may be another peer's.
  if (generationOf(row) !== generation) core.peer_forget(number);
}

function pathOf({ core, entries, peers }: State, spi: number): number {
  const entry = entries.get(spi);
  return entry === undefined ? 0 : pathRow(core.peer_path(peers.numberOf(entry.spec.peer)));
}

/** The core's refusal of an SA, in words for its installer. */
function refusalOf(status: number): Refusal {
  if (status === Status.SadFull) return { kind: "conflict", detail: "The table of SAs is full" };
  if (status === Status.SpiInUse) {
    return { kind: "conflict", member: "spi", detail: "An SA with this SPI is installed" };
  }
  return { kind: "invalid", detail: "A member is out of range" };
}

/** RFC 3339 of a moment of the lanes' clock. */
function dateOf({ date, clock }: State, at: number): string {
  return new Date(date().getTime() - (clock() - at)).toISOString();
}
