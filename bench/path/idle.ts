// Ten thousand connections, nearly all of them idle. Measured are the rate at which they connect,
// the memory that they use in the core and in the whole process, their processor time, and how much
// a hundred active connections among them slow down.

import type { CaseResult, Sample, Unit } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { raiseOpenFiles } from "../../gateway/linux/limits.ts";
import { coreResidentKib, residentKib } from "../../tests/support/proc.ts";
import { sleep } from "../../tests/support/wait.ts";
import { type Arena, openArena } from "./arena.ts";
import { cpuSeconds, timed } from "./cost.ts";
import { type GatewayChild, startGatewayChild } from "./gateway_child.ts";
import { DISCARD_PORT, ECHO_PORT, frameAt, record, type Recording } from "./recording.ts";
import { GATEWAY } from "./scene.ts";
import { connectTcp, receiveSome, sendAll } from "./sockets.ts";
import type { SuiteOptions } from "./throughput.ts";
import { bothBodies, install, openedUp } from "./tunnel.ts";

/**
 * Measures in fresh gateways. One filling gives all cases, so all of them run if one is asked for.
 */
export async function measureIdle(
  report: Report,
  options: Pick<SuiteOptions, "only" | "runs">,
): Promise<void> {
  const { runs } = options;
  const asked = idleCases(options);
  if (asked.length === 0) return;
  for (const { name } of asked) report.progress.begin(name);
  const arena = openArena(ARENA_LEN);
  raiseOpenFiles(arena);
  const samples = new Map(asked.map(({ name }): [string, Sample[]] => [name, []]));
  for (let run = 0; run < runs; run++) {
    report.progress.round(run + 1, runs);
    arena.reset();
    const found = await fillGateway(arena);
    for (const { name, of } of asked) samples.get(name)?.push(found[of]);
  }
  report.add(...asked.map(({ name, octets, unit }): CaseResult => ({
    ...{ case: name, octets, unit, baseline: "culvert-wasm" },
    samples: new Map([["culvert-wasm" as const, samples.get(name) ?? []]]),
  })));
}

/** The cases that `measureIdle` reports. */
export function idleCases({ only }: Pick<SuiteOptions, "only">): IdleCase[] {
  return CASES.filter(({ name }) => name.includes(only));
}

type Found = Readonly<
  Record<
    "connect" | "core" | "coreEach" | "processEach" | "busyEmpty" | "busy" | "few" | "among",
    Sample
  >
>;

async function fillGateway(arena: Arena): Promise<Found> {
  const proofs = record(arena, { ...PROOF, packets: CONNECTIONS });
  const active = record(arena, ACTIVE);
  const gateway = await startGatewayChild(GATEWAY, ["--engine", "wasm"]);
  try {
    await install(gateway, proofs, bothBodies);
    const busyEmpty = await busyOf(gateway);
    const few = await openedUp({ arena }, gateway, active);
    const idle = connectAll(arena, { gateway, proofs, first: 0, count: FIRST });
    const before = { core: coreResidentKib(gateway.pid), process: residentKib(gateway.pid) };
    const cost = timed(gateway.pid, () => {
      idle.push(...connectAll(arena, { gateway, proofs, first: FIRST, count: ADDED }));
    });
    const core = coreResidentKib(gateway.pid);
    const each = (kib: number): Sample => ({ value: kib * 1024 / ADDED });
    const found = {
      connect: { value: cost.seconds / ADDED, cpu: cost.cpuSeconds / ADDED },
      core: { value: core * 1024 },
      coreEach: each(core - before.core),
      processEach: each(residentKib(gateway.pid) - before.process),
      busy: await busyOf(gateway),
      busyEmpty,
      few,
      among: await openedUp({ arena }, gateway, active),
    };
    for (const fd of idle) arena.libc.close(fd);
    return found;
  } finally {
    await gateway.stop();
  }
}

interface Opening {
  readonly gateway: GatewayChild;
  readonly proofs: Recording;
  /**
   * Index of the first proof. Each connection proves itself with a frame of its own, from this one
   * on.
   */
  readonly first: number;
  readonly count: number;
}

/**
 * Opens connections that each carry a packet in both directions and are idle from then on.
 *
 * They come in storms as large as the gateway's backlog, from several addresses. All connections of
 * a storm connect and send first; then all are answered.
 */
export function connectAll(arena: Arena, { gateway, proofs, first, count }: Opening): number[] {
  const [stream] = proofs.streams;
  if (stream === undefined) throw new RangeError("No stream");
  const { prefixLen, frameLen } = proofs;
  const fds: number[] = [];
  while (fds.length < count) {
    const storm = Array.from({ length: Math.min(STORM, count - fds.length) }, (_, i) => {
      const n = first + fds.length + i;
      const fd = connectTcp(arena, gateway.tcp, `127.0.1.${1 + n % SOURCES}`);
      sendAll(arena, fd, { at: stream.at, len: prefixLen });
      sendAll(arena, fd, { at: frameAt(proofs, stream, n), len: frameLen });
      return fd;
    });
    for (const fd of storm) {
      for (let octets = 0; octets < frameLen;) octets += receiveSome(arena, fd);
    }
    fds.push(...storm);
  }
  return fds;
}

/** Share of a processor that the whole process uses while nothing happens. */
async function busyOf({ pid }: GatewayChild): Promise<Sample> {
  await sleep(SETTLE_MS);
  const before = cpuSeconds(pid);
  const start = performance.now();
  await sleep(IDLE_MS);
  return { value: (cpuSeconds(pid) - before) / (performance.now() - start) * 1000 };
}

/** Together with the active ones, as many as a gateway accepts by default. */
const CONNECTIONS = 9900;
/**
 * Connections before the first reading, so that code and tables shared by all are already in
 * memory.
 */
const FIRST = 50;
const ADDED = CONNECTIONS - FIRST;
const STORM = 512;
/**
 * Addresses to connect from. With a single one, closed connections would use up its ports
 * (TIME_WAIT).
 */
const SOURCES = 16;
const SETTLE_MS = 1000;
const IDLE_MS = 3000;
const PROOF = { innerLen: 64, connections: 1, port: ECHO_PORT };
const ACTIVE = { innerLen: 1400, connections: 100, packets: 20_000, port: DISCARD_PORT };
const ARENA_LEN = 33_554_432;

interface IdleCase {
  readonly name: string;
  readonly of: keyof Found;
  readonly octets: number;
  readonly unit: Unit;
}

const BUSY = { octets: 0, unit: "share" } as const;
const MEMORY = { octets: 0, unit: "octets" } as const;
const RATE = { octets: 1400, unit: "octets/s" } as const;
const CASES: readonly IdleCase[] = [
  { name: `connect storm 64 ${CONNECTIONS}`, of: "connect", octets: 64, unit: "packets/s" },
  { name: `memory core-all 0 ${CONNECTIONS}`, of: "core", ...MEMORY },
  { name: `memory core 0 ${CONNECTIONS}`, of: "coreEach", ...MEMORY },
  { name: `memory process 0 ${CONNECTIONS}`, of: "processEach", ...MEMORY },
  { name: "idle busy 0 0", of: "busyEmpty", ...BUSY },
  { name: `idle busy 0 ${CONNECTIONS}`, of: "busy", ...BUSY },
  { name: "discard/few up 1400 100", of: "few", ...RATE },
  { name: `discard/among-${CONNECTIONS} up 1400 100`, of: "among", ...RATE },
];
