// Resident memory of idle connections: of the core's shared memory, and of the whole process.

import type { Sample } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { raiseOpenFiles } from "../../gateway/linux/limits.ts";
import { coreResidentKib, residentKib } from "../../tests/support/proc.ts";
import { type Arena, openArena } from "./arena.ts";
import { type GatewayChild, startGatewayChild } from "./gateway_child.ts";
import { ECHO_PORT, frameAt, record, type Recording, STREAM_PREFIX_LEN } from "./recording.ts";
import { GATEWAY } from "./scene.ts";
import { connectTcp, receiveSome, sendAll } from "./sockets.ts";

/** Measures in fresh gateways; the samples are octets of one connection. */
export async function measureMemory(
  report: Report,
  { only, runs }: { readonly only: string; readonly runs: number },
): Promise<void> {
  const names = memoryParts(only);
  if (names.length === 0) return;
  for (const part of names) report.progress.begin(nameOf(part));
  const arena = openArena(ARENA_LEN);
  raiseOpenFiles(arena);
  const samples = new Map<string, Sample[]>(names.map((part) => [part, []]));
  for (let run = 0; run < runs; run++) {
    report.progress.round(run + 1, runs);
    arena.reset();
    const grown = await fillGateway(arena, names);
    for (const [part, value] of grown) samples.get(part)?.push({ value });
  }
  report.add(...names.map((part) => ({
    case: nameOf(part),
    octets: 0,
    unit: "octets" as const,
    baseline: "culvert-wasm" as const,
    samples: new Map([["culvert-wasm" as const, samples.get(part) ?? []]]),
  })));
}

/** Parts whose memory is asked for; all are measured in the same gateways. */
export function memoryParts(only: string): string[] {
  return Object.keys(PARTS).filter((part) => nameOf(part).includes(only));
}

function nameOf(part: string): string {
  return `memory ${part} 0 ${CONNECTIONS}`;
}

/** What one connection adds to each part, octets. */
async function fillGateway(arena: Arena, names: readonly string[]): Promise<Map<string, number>> {
  const options = { innerLen: 64, connections: 1, packets: CONNECTIONS + FIRST, port: ECHO_PORT };
  const recording = record(arena, options);
  const gateway = await startGatewayChild(GATEWAY, ["--engine", "wasm"]);
  try {
    for (const { peer } of recording.streams) {
      await gateway.api.installSa(peer.inboundBody);
      await gateway.api.installSa(peer.outboundBody);
    }
    const fds = openConnections(arena, { gateway, recording, first: 0, count: FIRST });
    const before = names.map((part) => residentOf(part, gateway.pid));
    fds.push(...openConnections(arena, { gateway, recording, first: FIRST, count: CONNECTIONS }));
    const grown = names.map((part, i): [string, number] => {
      const kib = residentOf(part, gateway.pid) - (before[i] ?? 0);
      return [part, kib * 1024 / CONNECTIONS];
    });
    for (const fd of fds) arena.libc.close(fd);
    return new Map(grown);
  } finally {
    await gateway.stop();
  }
}

interface Opening {
  readonly gateway: GatewayChild;
  readonly recording: Recording;
  /** Each connection proves itself with a frame of its own, from here on. */
  readonly first: number;
  readonly count: number;
}

/** Opens connections that have had a packet each in both directions and are idle now. */
function openConnections(arena: Arena, { gateway, recording, first, count }: Opening): number[] {
  const [stream] = recording.streams;
  if (stream === undefined) throw new RangeError("No stream");
  const { frameLen } = recording;
  return Array.from({ length: count }, (_, i) => {
    const fd = connectTcp(arena, gateway.tcp);
    sendAll(arena, fd, { at: stream.at, len: STREAM_PREFIX_LEN });
    sendAll(arena, fd, { at: frameAt(recording, stream, first + i), len: frameLen });
    for (let octets = 0; octets < frameLen;) octets += receiveSome(arena, fd);
    return fd;
  });
}

function residentOf(part: string, pid: number): number {
  const kibOf = PARTS[part];
  if (kibOf === undefined) throw new RangeError(`No part ${part}`);
  return kibOf(pid);
}

const PARTS: Readonly<Record<string, (pid: number) => number>> = {
  core: coreResidentKib,
  process: residentKib,
};

const CONNECTIONS = 2000;
/** Connections before the first reading: code and tables that all share are there then. */
const FIRST = 50;
const ARENA_LEN = 1_048_576;
