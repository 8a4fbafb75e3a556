// The start of a gateway: machine, descriptors, tables, lanes. Each part is made after those that
// it uses, in an order in which a failure leaves nothing behind.

import { ConfigError } from "../config/error.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { EngineChoice } from "../engine/choose.ts";
import type { IkePlan } from "../ike/engine/plan.ts";
import { raiseOpenFiles } from "../linux/limits.ts";
import { tcpInfoRtt } from "../linux/sockets.ts";
import { familyOf } from "../linux/structs.ts";
import { openUdpProbe, type UdpProbe } from "../linux/udp_probe.ts";
import type { LogFields } from "../model/event.ts";
import type { Gateway } from "../model/gateway.ts";
import type { GatewayStatus } from "../model/gateway_status.ts";
import type { Totals } from "../model/totals.ts";
import { LIMIT_NAMES } from "../model/limits.ts";
import { isRefusal } from "../model/refusal.ts";
import { VERSION } from "../model/version.ts";
import type { RefusedCall } from "../model/better_call.ts";
import type { Runtime } from "../runtime/types.ts";
import { type ConnectionRows, createConnectionRows } from "./connection_rows.ts";
import { type Client, startClient } from "./client.ts";
import { type Connections, createConnections } from "./connections.ts";
import { type Descriptors, laneInits, openDescriptors } from "./descriptors.ts";
import { createDrain, type Drain } from "./drain.ts";
import { setEchoAddresses } from "./echo_addresses.ts";
import { markOf } from "./ends.ts";
import { createEventHub, type EventHub } from "./events.ts";
import { farewellsOf } from "./farewell.ts";
import { watchGarbage } from "./garbage.ts";
import { createGateway, type FixedStatus } from "./gateway.ts";
import { type Ike, type IkeLinks, openIkeLinks } from "./ike.ts";
import {
  type IkeHolder,
  type InsideOptions,
  isOneIdentity,
  NO_IKE,
  startIkeInside,
} from "./ike_inside.ts";
import { createKeyUse } from "./key_use.ts";
import { type Lanes, type LanesOptions, startLanes } from "./lanes.ts";
import type { Log } from "./log.ts";
import { type Machine, openMachine } from "./machine.ts";
import { type Network, startNetwork } from "./network.ts";
import { offloadsInUse } from "./offloads.ts";
import { originate } from "./originate.ts";
import { createOrders } from "./orders.ts";
import { closeMemory, warnAboutFiles } from "./precautions.ts";
import { createRefusedCalls, type RefusedCalls } from "./refused_calls.ts";
import { createPinger, type Pinger } from "./pinger.ts";
import { createPromises } from "./promises.ts";
import { createSaChanges, type SaChanges } from "./sa_changes.ts";
import { tellSas } from "./sa_events.ts";
import { createSad, type Sad } from "./sad.ts";
import { createSpd } from "./spd.ts";
import { createStop } from "./stop.ts";
import { watchSuspension } from "./suspension.ts";
import { startSweeping } from "./sweep.ts";
import { createTotals } from "./totals.ts";
import { createUpstreamWatch, type UpstreamWatch } from "./upstream_watch.ts";

/** Time for lanes to close their connections and return after the drain, ms. */
const STOP_TIMEOUT_MS = 10_000;

/** Interval at which the state of the daemon is looked after, ms. */
const ASK_MS = 1000;

/** A gateway whose lanes serve. */
export interface RunningGateway {
  readonly gateway: Gateway;
  readonly listening: { readonly tcp: readonly string[] };
  readonly engine: EngineChoice;
  /** The tunnel of a client; null if this side does not begin IKE. */
  readonly tunnel: Pick<Client, "subscribe"> | null;
  /** Pings through it from the echo host. */
  readonly pinger: Pick<Pinger, "roundTrips" | "throughput">;
  /** Resolves to the exit code when the gateway has ended. */
  readonly finished: Promise<number>;
  /**
   * Goes on with other settings of IKE, of which it takes copies. Nobody is cut who is unchanged;
   * without IKE inside it does nothing.
   */
  reloadIke(plan: IkePlan): void;
  /** Drains, then ends. Idempotent. */
  stop(): void;
}

/** The process's own things, and what its user asks for. */
export interface StartOptions {
  readonly runtime: Runtime;
  readonly config: GatewayConfig;
  readonly log: Log;
  /** For events about peers that have not proved a key; default `log`. */
  readonly strangersLog?: Log;
  /** How many lines of the log were lost so far. */
  readonly logLinesLost: () => number;
  /** IKE inside this process; null where a daemon, or nobody, answers IKE. */
  readonly ike: InsideOptions | null;
  /** Whether dropped ESP packets are told. Asked each time, because a reload may change it. */
  readonly auditsEsp: () => boolean;
}

/**
 * Starts a gateway; resolves when all its listeners are up and its lanes serve.
 *
 * @throws {Error} With one line that says what could not be done: a port in use, no TUN, not Linux
 * @throws {ConfigError} For an SA of the file that is refused
 */
export async function startGateway(options: StartOptions): Promise<RunningGateway> {
  const { config, log } = options;
  const { machine, events, refused } = await openBase(options);
  const openFilesMax = raiseOpenFiles(machine.kernel);
  warnAboutFiles(openFilesMax, config, log);
  const descriptors = openDescriptors(machine.kernel, config);
  if (config.inner.kind === "echo") setEchoAddresses(machine, config.inner.addresses);
  const tables = createTables(options, machine);
  const upstream = watchUpstream(config, { machine, events });
  const ikeLinks = options.ike !== null ? openIkeLinks(machine.kernel, config.lanes) : undefined;
  const { promise: finished, resolve: finish } = Promise.withResolvers<number>();
  function failed(event: string, fields: LogFields): void {
    log("error", event, fields);
    finish(1);
  }

  const command: Lanes["command"] = (lane, order) => lanes.command(lane, order);
  const pinger = createPinger({ ...machine, command });
  const lanes: Lanes = await startLanes({
    runtime: options.runtime,
    ...laneOptions({ machine, events, refused, upstream, pinger }),
    inits: laneInits(descriptors, { machine, config, openFilesMax, ikeLinks }),
    onFailure: (lane, reason) => failed("lane_failed", { lane, reason }),
  });
  const own = { machine, lanes, events, refused, descriptors, upstream, pinger, ikeLinks };
  const parts = { ...tables, ...own };
  const { gateway, drain, changes, network, ike, client } = await assemble(options, {
    ...parts,
    ikeFailed: (reason) => failed("ike_failed", { reason }),
  });
  await installStatic(gateway, config).catch((error: unknown) => {
    network.close();
    throw error;
  });
  const stopWork = startWork(options, { ...parts, changes, network, client });
  void finished.then(stopWork);

  const ends = { ...parts, config, gateway, drain, changes, ike };

  return {
    gateway,
    listening: { tcp: descriptors.listening },
    engine: machine.engine,
    tunnel: client ?? null,
    pinger,
    finished,
    reloadIke: (plan) => ike?.order({ kind: "reload", plan }),
    stop: createStop(ends, { finish, failed }),
  };
}

/** Opens the machine, and what tells of it. */
async function openBase(
  options: StartOptions,
): Promise<Pick<Parts, "machine" | "events" | "refused">> {
  const opened = await openMachine({ ...options, isIkeInside: options.ike !== null });
  closeMemory(options, opened);
  const { log, strangersLog, auditsEsp } = options;
  const events = createEventHub({ views: opened.views, log, strangersLog, date, auditsEsp });
  const refused = createRefusedCalls(events);
  const note = (call: RefusedCall): void => refused.note(null, call);
  return { machine: { ...opened, kernel: { ...opened.kernel, refused: note } }, events, refused };
}

/** What lanes have of the machine, and who hears what they tell. */
function laneOptions(
  { machine, events, refused, upstream, pinger }: Pick<
    Parts,
    "machine" | "events" | "refused" | "upstream" | "pinger"
  >,
): Omit<LanesOptions, "runtime" | "inits" | "onFailure"> {
  return {
    kernel: machine.kernel,
    i32: machine.views.i32,
    blocks: machine.blocks,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    onNews: (lane) => events.drainRing(machine.blocks[lane] ?? 0),
    onTrouble: events.trouble,
    onRefusedCall: refused.note,
    onRefused: events.refused,
    onUpstream: ({ refusal }) => upstream?.seen(refusal),
    onPongs: pinger.hear,
  };
}

/** Starts what is done time and again. Returns what ends it. */
function startWork(
  { log, runtime }: StartOptions,
  { machine, lanes, events, sad, changes, network, upstream, client }:
    & Parts
    & Pick<Assembled, "changes" | "network" | "client">,
): () => void {
  const suspended = watchSuspension(machine.kernel);
  const stopSweeping = startSweeping({ ...machine, suspended, events, sad, changes, log });
  const collecting = watchGarbage(runtime, lanes.collect);
  const asking = setInterval(() => upstream?.tick(), ASK_MS);
  return () => {
    stopSweeping();
    collecting.close();
    clearInterval(asking);
    upstream?.close();
    client?.close();
    network.close();
  };
}

/** Watches the daemon behind; undefined if there is none. */
function watchUpstream(
  config: GatewayConfig,
  { machine: { kernel, clock }, events }: Pick<Parts, "machine" | "events">,
): UpstreamWatch | undefined {
  const { upstream: daemon } = config;
  if (daemon === null) return undefined;
  const openProbe = (): UdpProbe => openUdpProbe(kernel, daemon, markOf(config));
  return createUpstreamWatch({ address: daemon.text, openProbe, events, clock, date });
}

interface Tables {
  readonly rows: ConnectionRows;
  readonly sad: Sad;
  readonly connections: Connections;
  readonly inside: IkeHolder;
}

function createTables({ runtime, config }: StartOptions, machine: Machine): Tables {
  const { core, native, views, index, clock, kernel } = machine;
  const { maxConnections: connectionsMax } = config;
  const upstreamFamily = config.upstream === null ? 0 : familyOf(config.upstream.octets);
  const inside: IkeHolder = { ike: undefined };
  const first = core.conn_row(1);
  const rows = createConnectionRows(views, { first, connectionsMax, upstreamFamily });
  const secret = new Uint8Array(32);
  runtime.random(secret);
  const sad = createSad({
    core,
    native,
    views,
    index,
    clock,
    date,
    spd: createSpd((one, other) => isOneIdentity(inside.ike, [one, other])),
    keys: createKeyUse(secret),
    connectionId: rows.idOf,
  });
  const connections = createConnections({
    core,
    index,
    rows,
    sad,
    rttMicros: (fd) => tcpInfoRtt(kernel, fd) ?? null,
  });
  return { rows, sad, connections, inside };
}

interface Parts extends Tables {
  readonly machine: Machine;
  readonly lanes: Lanes;
  readonly events: EventHub;
  readonly refused: RefusedCalls;
  readonly descriptors: Descriptors;
  readonly upstream: UpstreamWatch | undefined;
  readonly pinger: Pinger;
  readonly ikeLinks: IkeLinks | undefined;
}

/** A gateway whose parts are joined. */
interface Assembled {
  readonly gateway: Gateway;
  readonly drain: Drain;
  /** Undefined if IKE is not inside. */
  readonly ike: Ike | undefined;
  readonly changes: SaChanges;
  readonly network: Network;
  /** Undefined if this side does not begin IKE. */
  readonly client: Client | undefined;
}

/**
 * Joins the parts. A new check or listener of SAs, part that hears of the drain, or reason not to
 * be ready goes in here.
 */
async function assemble(
  options: StartOptions,
  parts: Parts & { readonly ikeFailed: (reason: string) => void },
): Promise<Assembled> {
  const { machine, rows, sad, connections, lanes, events, upstream } = parts;
  const { config } = options;
  const { clock } = machine;
  const startedAt = clock();
  const readTotals = totalsOf(options, parts);
  const orders = createOrders({ sad, rows, lanes, innerMtu: config.innerMtu });
  const originator = await originate(options, { machine, rows, sad, lanes, events, orders });
  const network = networkOf(options, parts);
  const promises = createPromises({ ...machine, settle: lanes.settleWaiting });
  const changes = createSaChanges({
    sad,
    checks: [],
    listeners: [
      promises.listener,
      ...network.listeners,
      tellSas(events),
      ...originator.listeners,
    ],
  });
  const ike = await startIkeInside({ ...options, ...parts, ...machine, changes, promises, date });
  parts.inside.ike = ike;
  const client = await startClient(options, { ...parts, orders, ike, network });
  const drain = createDrain({
    listeners: [...originator.drains, () => events.tell("draining", {})],
    farewells: farewellsOf({ ike, client, rows }),
    lanes: lanes.drain,
  });
  const gateway = createGateway({
    connections,
    sad,
    changes,
    orders,
    drain,
    checks: [
      ...network.checks,
      ...upstream === undefined ? [] : [upstream.check],
      ...ike === undefined ? [] : [ike.check],
    ],
    ike,
    rows,
    events,
    readTotals,
    fixed: fixedStatus(options, parts),
    offloads: () => offloadsInUse(config, parts.descriptors.tun, parts.refused),
    upstream: () => upstream?.view() ?? null,
    uptimeSeconds: () => (clock() - startedAt) / 1000,
  });
  return { gateway, drain, changes, network, ike, client };
}

function totalsOf({ config, logLinesLost }: StartOptions, parts: Parts): () => Totals {
  const { machine, rows, sad, inside } = parts;
  return createTotals({
    views: machine.views,
    blocks: machine.blocks,
    clock: machine.clock,
    lanes: config.lanes,
    states: rows.states,
    sas: sad.counts,
    ike: () => inside.ike?.peers.totals() ?? NO_IKE,
    logLinesLost,
  });
}

function networkOf(options: StartOptions, { machine, descriptors, events, lanes }: Parts): Network {
  return startNetwork({
    ...options,
    kernel: machine.kernel,
    tun: descriptors.tun,
    listening: descriptors.listeners.map(({ address }) => address),
    events,
    // Those who hear that the host has got or lost an address or a route go in here.
    addressListeners: [lanes.networkChanged],
  });
}

/** The part of the status that never changes. */
function fixedStatus(
  { runtime, config }: StartOptions,
  { machine, descriptors }: Pick<Parts, "machine" | "descriptors">,
): FixedStatus {
  return {
    version: VERSION,
    runtime: runtime.name,
    engine: machine.engine.name,
    lanes: config.lanes,
    listeners: descriptors.listening,
    limits: { ...limitsOf(config), rings: machine.rings },
  };
}

function limitsOf(config: GatewayConfig): GatewayStatus["limits"] {
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, config[name]]));
}

async function installStatic(gateway: Gateway, config: GatewayConfig): Promise<void> {
  for (const { spec, originOf } of config.staticSas) {
    const sa = await gateway.installSa(spec);
    if (isRefusal(sa)) throw new ConfigError(originOf(sa.member), sa.detail);
  }
}

function date(): Date {
  return new Date();
}
