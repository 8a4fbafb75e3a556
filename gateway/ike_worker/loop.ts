// The IKE worker: waits, takes orders and messages, lets the engine decide, and hands out what it
// wants done. All of it happens in one order, in one thread, and no call but the sleep waits.

import {
  type ByteRing,
  consumeRecord,
  copyRecord,
  createRecord,
  isRoomWanted,
  lookAtRecord,
  pushRecord,
  type RingRecord,
  wantRoom,
} from "../edges/byte_ring.ts";
import { type OpenLink, TO_IKE } from "../edges/ike_link.ts";
import type { IkeEngine } from "../ike/engine/engine.ts";
import { type IkePlan, settingsOf, wipePlan } from "../ike/engine/plan.ts";
import type { IkeSettings } from "../ike/engine/settings.ts";
import type { LeaseBook } from "../ike/leases/book.ts";
import { type CarryOut, createCarryOut } from "./carry_out.ts";
import type { IkeNotice, IkeOrder } from "./init.ts";
import { createOutbox, type Outbox, type OutRecord } from "./outbox.ts";
import { createPaths, type Paths } from "./paths.ts";
import type { Spis } from "./spis.ts";
import { createTickets, type Tickets } from "./tickets.ts";

/** What the worker is made from. */
export interface IkeWorkerOptions {
  readonly engine: IkeEngine;
  readonly plan: IkePlan;
  readonly settings: IkeSettings;
  readonly book: LeaseBook;
  /** By lane. */
  readonly links: readonly OpenLink[];
  readonly spis: Pick<Spis, "note" | "offered" | "expired">;
  readonly nextOrder: () => IkeOrder | undefined;
  /** Monotonic ms. */
  readonly clock: () => number;
  readonly post: (notice: IkeNotice) => void;
  readonly sleep: (ms: number) => void;
  readonly wakeLane: (lane: number) => void;
}

/** Most records of one lane in a turn: an order does not wait for a flood of handshakes. */
const TURN_RECORDS_MAX = 8;

/** Records that wait for a lane, beyond which the worker reads no more of that lane. */
const OUTBOX_MAX = 1024;

/** Interval of the engine's clock, ms. */
const TICK_MS = 1000;

/** How long an order may wait for its connection to become known, ms. */
const UNKNOWN_PATH_MS = 5000;

/** Runs the worker until it is told to stop. */
export function runIkeWorker(options: IkeWorkerOptions): void {
  const worker = createWorker(options);
  while (!worker.isStopping) {
    const isDone = turn(worker);
    const untilTick = Math.max(worker.tickAt - options.clock(), 0);
    options.sleep(isDone ? Math.ceil(untilTick) : 0);
  }
}

interface Worker extends IkeWorkerOptions {
  plan: IkePlan;
  settings: IkeSettings;
  readonly paths: Paths;
  readonly tickets: Tickets;
  readonly outboxes: readonly Outbox[];
  readonly carryOut: CarryOut;
  readonly record: RingRecord;
  /** Orders whose connection is not known yet, and until when they wait. */
  early: { readonly order: PathOrder; readonly until: number }[];
  /** The last batch that the shell has done. */
  done: number;
  tickAt: number;
  now: number;
  isStopping: boolean;
}

type PathOrder = Extract<IkeOrder, { readonly path: number }>;

function createWorker(options: IkeWorkerOptions): Worker {
  const paths = createPaths();
  const outboxes = options.links.map(() => createOutbox());
  const tickets = createTickets();
  const carryOut = createCarryOut({
    paths,
    outboxes,
    promises: (actions) => options.spis.offered(actions, options.clock()),
    post(notice): void {
      notice.actions.forEach(options.spis.note);
      options.post(notice);
    },
  });
  return {
    ...options,
    paths,
    tickets,
    outboxes,
    carryOut(all): void {
      const { actions, again } = tickets.sift(options.clock(), all);
      carryOut(actions);
      for (const begin of again) begin();
    },
    record: createRecord(),
    early: [],
    done: 0,
    tickAt: options.clock() + TICK_MS,
    now: options.clock(),
    isStopping: false,
  };
}

/** Takes one turn. Returns whether nothing is left to do until somebody wakes the worker. */
function turn(worker: Worker): boolean {
  worker.now = worker.clock();
  for (let order = worker.nextOrder(); order; order = worker.nextOrder()) obey(worker, order);
  const isRead = worker.links.map((link, lane) => readLane(worker, lane, link)).every(Boolean);
  obeyEarly(worker);
  if (worker.now >= worker.tickAt) tick(worker);
  worker.links.forEach((link, lane) => writeLane(worker, lane, link));
  return isRead;
}

function tick(worker: Worker): void {
  const { engine, now, post } = worker;
  worker.tickAt = now + TICK_MS;
  worker.carryOut(engine.tick(now));
  const actions = worker.spis.expired(now);
  if (actions.length > 0) post({ kind: "batch", batch: 0, actions });
  post({ kind: "gauges", halfOpen: engine.halfOpen() });
}

/** Reads some records of a lane. Returns whether none is left. */
function readLane(worker: Worker, lane: number, { toIke }: OpenLink): boolean {
  for (let i = 0; i < TURN_RECORDS_MAX; i++) {
    // The lane wakes the worker once it has taken something.
    if ((worker.outboxes[lane]?.size() ?? 0) >= OUTBOX_MAX) return true;
    if (!lookAtRecord(toIke, worker.record)) return true;
    take(worker, lane, toIke);
    if (isRoomWanted(toIke)) worker.wakeLane(lane);
  }
  return false;
}

function take(worker: Worker, lane: number, toIke: ByteRing): void {
  const { record, paths, engine, now } = worker;
  const { kind, row, generation, len } = record;
  const octets = new Uint8Array(len);
  copyRecord(toIke, octets, 0);
  consumeRecord(toIke);
  const place = { row, generation };
  switch (kind) {
    case TO_IKE.OPENED:
      paths.open(lane, place, octets);
      return;
    case TO_IKE.MESSAGE: {
      const path = paths.at(place);
      if (path !== undefined) worker.carryOut(engine.receive(now, octets, path));
      return;
    }
    case TO_IKE.CLOSED: {
      const path = paths.close(place);
      if (path === undefined) return;
      worker.tickets.closed(path.id);
      worker.carryOut(engine.pathClosed(now, path.id));
      return;
    }
    default:
      throw new RangeError(`Cannot take record ${kind}: unknown`);
  }
}

/** Writes what may leave to a lane, and wakes it. */
function writeLane(worker: Worker, lane: number, { toLane }: OpenLink): void {
  const outbox = worker.outboxes[lane];
  if (outbox === undefined || outbox.size() === 0) return;
  const before = outbox.size();
  const hasRoom = outbox.flush(worker.done, (record) => write(worker, toLane, record));
  if (!hasRoom || outbox.size() < before) worker.wakeLane(lane);
}

function write({ record }: Worker, toLane: ByteRing, out: OutRecord): boolean {
  record.kind = out.kind;
  record.row = out.row;
  record.generation = out.generation;
  record.source = out.octets;
  record.at = 0;
  record.len = out.octets.length;
  if (pushRecord(toLane, record)) return true;
  wantRoom(toLane);
  return pushRecord(toLane, record);
}

function obey(worker: Worker, order: IkeOrder): void {
  const { engine, now, carryOut } = worker;
  switch (order.kind) {
    case "initiate":
    case "pathOpened":
      worker.early.push({ order, until: now + UNKNOWN_PATH_MS });
      return;
    case "end":
      return carryOut(engine.end(now, order.ike));
    case "rekey":
      return carryOut(engine.rekey(now, order.ike, order.what));
    case "used":
      return carryOut(engine.used(now, order.spi));
    case "reload":
      return reload(worker, order.plan);
    case "done":
      worker.done = order.batch;
      for (const { ike, child } of order.refused) carryOut(engine.installRefused(now, ike, child));
      return;
    case "stop":
      worker.isStopping = true;
  }
}

function reload(worker: Worker, plan: IkePlan): void {
  const before = worker.plan;
  worker.plan = plan;
  worker.settings = settingsOf(plan, worker.book);
  worker.carryOut(worker.engine.reload(worker.now, worker.settings));
  wipePlan(before);
}

/** Obeys orders whose connection has become known. One that has not in time has ended. */
function obeyEarly(worker: Worker): void {
  if (worker.early.length === 0) return;
  const waiting = worker.early;
  worker.early = [];
  for (const one of waiting) {
    const path = worker.paths.of(one.order.path);
    if (path !== undefined) go(worker, one.order, path);
    else if (worker.now < one.until) worker.early.push(one);
    else refuse(worker, one.order, "the connection has ended");
  }
}

function go(worker: Worker, order: PathOrder, path: NonNullable<ReturnType<Paths["of"]>>): void {
  const { engine, now, carryOut, settings, tickets } = worker;
  if (order.kind === "pathOpened") return carryOut(engine.pathOpened(now, order.ike, path));
  const { addresses, peer: name } = order.target;
  const peer = settings.peers.find((one) => one.name === name);
  if (peer === undefined) return refuse(worker, order, "no such peer");
  const target = { peer, addresses };
  const again = (): void => carryOut(engine.initiate(worker.now, target, path));
  const ticket = tickets.take(worker.clock(), { peer: name, path: path.id, again });
  if (ticket === undefined) again();
  else carryOut(engine.initiate(now, { ...target, ticket }, path));
}

function refuse(worker: Worker, order: PathOrder, detail: string): void {
  if (order.kind !== "initiate") return;
  worker.carryOut([{ kind: "refused", path: order.path, reason: "timeout", detail }]);
}
