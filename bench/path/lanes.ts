// Whether a second lane doubles the opening rate. No generator may compete for the cores that the
// lanes are measured on. So the gateway is stopped (SIGSTOP) while the load is written into the
// kernel's socket buffers, and then runs alone.
//
// The clock stops when the first connection is done. Until then every lane has had work, and the
// buffers show how much of it is left. Waiting for the last connection would measure the slower
// core: one core is often slower than the other for a while.

import process from "node:process";
import type { Sample } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { type Arena, openArena } from "./arena.ts";
import { timed } from "./cost.ts";
import {
  expectCounter,
  type GatewayChild,
  OPENED,
  readCounter,
  startGatewayChild,
} from "./gateway_child.ts";
import { DISCARD_PORT, frameLenOf, record, type Recording, streamLen } from "./recording.ts";
import { type Engine, GATEWAY } from "./scene.ts";
import {
  awaitEnd,
  awaitFirstEnd,
  connectTcp,
  endTcp,
  holdAll,
  localPort,
  sendAll,
} from "./sockets.ts";
import { LOAD_MAX, LOAD_SPARE, type SuiteOptions, WARMUPS } from "./throughput.ts";
import { install, remove, sampleOf } from "./tunnel.ts";
import { unreadLens } from "./unread.ts";

const CONNECTIONS = 4;

/** A number of clients, and the name of its cases. */
interface Who {
  readonly what: string;
  readonly clients: number;
}

/**
 * Who sends on the connections: one client for each of them, or one client on all of them with one
 * SA and one replay window.
 */
const WHO: readonly Who[] = [{ what: "clients", clients: CONNECTIONS }, {
  what: "one-client",
  clients: 1,
}] as const;
const LANES = [1, 2] as const;

/** Runs the cases that are asked for, with one lane and with two in the same rounds. */
export async function measureLanes(report: Report, options: SuiteOptions): Promise<void> {
  const { runs, engine } = options;
  const { progress } = report;
  const asked = laneCases(options);
  if (asked.length === 0) return;
  const arena = openArena(LOAD_MAX + LOAD_SPARE);
  const gateways = await startGateways(engine);
  try {
    for (const { what, clients } of asked) {
      progress.begin(nameOf(what, 1));
      arena.reset();
      const load = recordFor(arena, { clients, packets: options.packets });
      const samples = LANES.map((): Sample[] => []);
      for (let run = 0; run < WARMUPS + runs; run++) {
        progress.round(run + 1, WARMUPS + runs);
        for (const [i, gateway] of gateways.entries()) {
          const alone = { gateway, lanes: LANES[i] ?? 1, load };
          const sample = await openOften(arena, alone, clients === 1 ? ONE_CLIENT_TIMES : 1);
          if (run >= WARMUPS) samples[i]?.push(sample);
        }
      }
      const subject = `culvert-${engine}` as const;
      report.add(...LANES.map((lanes, i) => ({
        ...{ case: nameOf(what, lanes), octets: INNER_LEN, unit: "octets/s" as const },
        ...{ baseline: subject, samples: new Map([[subject, samples[i] ?? []]]) },
      })));
    }
  } finally {
    for (const gateway of gateways) await gateway.stop();
  }
}

/** The cases that `measureLanes` runs, each with one lane and with two. */
export function laneCases({ only }: Pick<SuiteOptions, "only">): Who[] {
  return WHO.filter(({ what }) => LANES.some((lanes) => nameOf(what, lanes).includes(only)));
}

function nameOf(what: string, lanes: number): string {
  return `${what}/lanes-${lanes} up ${INNER_LEN} ${CONNECTIONS}`;
}

async function startGateways(engine: Engine): Promise<GatewayChild[]> {
  const gateways: GatewayChild[] = [];
  for (const lanes of LANES) {
    const args = ["--engine", engine, "--lanes", String(lanes)];
    gateways.push(await startGatewayChild(GATEWAY, args));
  }
  return gateways;
}

function recordFor(
  arena: Arena,
  { clients, packets }: { readonly clients: number; readonly packets: number },
): Recording {
  // Connections with prepared load do not keep step. With no more packets than the replay window
  // holds, no packet can fall behind it.
  const held = clients === 1 ? REPLAY_WINDOW_MAX : Math.floor(LOAD_MAX / frameLenOf(INNER_LEN));
  const shape = { innerLen: INNER_LEN, connections: CONNECTIONS, clients, port: DISCARD_PORT };
  const peer = { inbound: { replayWindow: REPLAY_WINDOW_MAX } };
  return record(arena, { ...shape, packets: Math.min(packets, held), peer });
}

/** Repeats this short load, so that a sample takes as long as those of the other cases. */
const ONE_CLIENT_TIMES = 10;

/** The mean over so many openings. */
async function openOften(arena: Arena, alone: Alone, times: number): Promise<Sample> {
  let [value, cpu] = [0, 0];
  for (let time = 0; time < times; time++) {
    const sample = await openAlone(arena, alone);
    value += sample.value / times;
    cpu += (sample.cpu ?? 0) / times;
  }
  return { value, cpu };
}

interface Alone {
  readonly gateway: GatewayChild;
  readonly lanes: number;
  readonly load: Recording;
}

/**
 * Lets the gateway run alone until its first connection is done, and then lets it finish, so that
 * the next run starts afresh.
 */
async function openAlone(arena: Arena, { gateway, lanes, load }: Alone): Promise<Sample> {
  await install(gateway, load, ({ inboundBody }) => [inboundBody]);
  const before = await readCounter(gateway, OPENED);
  const fds = await connectSpread(arena, { gateway, lanes });
  process.kill(gateway.pid, "SIGSTOP");
  load.streams.forEach((stream, i) => {
    const fd = fds[i] ?? -1;
    holdAll(arena, fd, streamLen(load, stream));
    sendAll(arena, fd, { at: stream.at, len: streamLen(load, stream) });
    endTcp(arena, fd);
  });
  const ports = fds.map((fd) => localPort(arena, fd));
  const cost = timed(gateway.pid, () => {
    process.kill(gateway.pid, "SIGCONT");
    awaitFirstEnd(arena, fds);
    process.kill(gateway.pid, "SIGSTOP");
  });
  const unread = unreadLens(ports, gateway.tcp.port).reduce((sum, len) => sum + len, 0);
  process.kill(gateway.pid, "SIGCONT");
  for (const fd of fds) {
    awaitEnd(arena, fd);
    arena.libc.close(fd);
  }
  await expectCounter(gateway, OPENED, before + load.packets);
  await remove(gateway, load, ({ inbound }) => [inbound.spi]);
  return sampleOf(cost, { packets: load.packets - unread / load.frameLen });
}

/** Connects until every lane has equally many connections: the kernel spreads them at random. */
async function connectSpread(
  arena: Arena,
  { gateway, lanes }: Pick<Alone, "gateway" | "lanes">,
): Promise<number[]> {
  const kept: number[][] = Array.from({ length: lanes }, () => []);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const fd = connectTcp(arena, gateway.tcp);
    const own = kept[await laneOf(gateway, localPort(arena, fd))];
    if (own !== undefined && own.length < CONNECTIONS / lanes) own.push(fd);
    else arena.libc.close(fd);
    if (kept.every((fds) => fds.length === CONNECTIONS / lanes)) return kept.flat();
  }
  throw new Error(`No even spread over ${lanes} lanes in ${TRIES_MAX} connections`);
}

async function laneOf({ api }: GatewayChild, port: number): Promise<number> {
  const remote = `127.0.0.1:${port}`;
  for (;;) {
    const { connections } = await api.get("/v1/connections") as ConnectionList;
    const own = connections.find((connection) => connection.remote === remote);
    if (own !== undefined) return own.lane;
  }
}

interface ConnectionList {
  readonly connections: readonly { readonly remote: string; readonly lane: number }[];
}

const INNER_LEN = 1400;
const REPLAY_WINDOW_MAX = 4096;
const TRIES_MAX = 64;
