// `deno task demo [--keep]`: starts the gateway and a client, installs SAs with random keys through
// the API, and pings the built-in echo host. It needs no privileges.
//
// The client is the tests' originator, written with node:net and node:crypto. It shares no code
// with the core. The exit code is 1 if anything fails. With --keep everything stays up, with a ping
// each second, until you press Ctrl-C.

import { Buffer } from "node:buffer";
import type { Api } from "../tests/support/api.ts";
import { spiText } from "../tests/support/api.ts";
import { expectEcho, sealPing } from "../tests/support/echo.ts";
import { openEsp } from "../tests/support/esp.ts";
import { frame } from "../tests/support/frames.ts";
import { type Gateway, startGateway, stopCleanly } from "../tests/support/gateway.ts";
import { parsePacket } from "../tests/support/inner_packet.ts";
import { watchMetrics } from "../tests/support/metrics.ts";
import type { Originator } from "../tests/support/originator.ts";
import { addPeer, type Peer } from "../tests/support/peers.ts";
import { sleep } from "../tests/support/wait.ts";
import { complain, say } from "./run.ts";

async function main(): Promise<number> {
  const unknown = Deno.args.find((arg) => arg !== "--keep");
  if (unknown !== undefined) {
    complain(`Unknown flag ${unknown}: the only flag is --keep`);
    return 2;
  }
  const gateway = await startGateway(["--log-level", "warn"]);
  try {
    await show(gateway);
    const peer = await addPeer(gateway.api);
    showPeer(peer);
    const connection = await gateway.connect();
    await ping(connection, peer);
    await load(gateway.api, connection, peer);
    if (Deno.args.includes("--keep")) await keep(gateway, connection, peer);
  } finally {
    await stopCleanly(gateway);
  }
  return 0;
}

async function show({ api, tcp }: Gateway): Promise<void> {
  const { runtime, engine } = await api.get("/v1/status") as { runtime: string; engine: string };
  const [listener] = tcp;
  say(`gateway    ${runtime}, engine ${engine}, tcp=${listener?.host}:${listener?.port}`);
}

function showPeer({ inbound, outbound, ends }: Peer): void {
  const keys = `${inbound.aead}, random ${(inbound.keyMaterial.length - 4) * 8}-bit keys`;
  say(`SAs        inbound ${spiText(inbound.spi)}, outbound ${spiText(outbound.spi)}: ${keys}`);
  say(`inside     ${ends.source} <-> ${ends.destination}, the built-in echo host`);
}

/**
 * Sends pings one after the other. Each answer is opened, and its number, data and checksums are
 * compared.
 */
async function ping(connection: Originator, peer: Peer): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < WARM_PINGS + PINGS; i++) {
    const sentAt = performance.now();
    await expectEcho(connection, peer);
    if (i >= WARM_PINGS) times.push(performance.now() - sentAt);
  }
  times.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((part) => times[Math.floor(part * PINGS)]?.toFixed(2));
  say(`round trip ${PINGS} of ${PINGS} pings answered, p50 ${p50} ms, p99 ${p99} ms`);
}

/**
 * Sends large pings, sealed in advance, with a limited number of them under way. Every answer is
 * opened afterwards.
 */
async function load(api: Api, connection: Originator, peer: Peer): Promise<void> {
  const data = Buffer.alloc(DATA_LEN, 0x63);
  const frames = Array.from(
    { length: PACKETS },
    (_, seq) => frame(sealPing(peer, { ping: { id: 0x7000, seq, data } })),
  );
  const watch = await watchMetrics(api);
  const startedAt = performance.now();
  for (let sent = 0; sent < PACKETS; sent += BURST) {
    await connection.send(...frames.slice(sent, sent + BURST));
    while (sent + BURST - connection.waiting() > WINDOW) await sleep(0);
  }
  while (connection.waiting() < PACKETS && connection.isOpen()) {
    if (performance.now() - startedAt > LOAD_TIMEOUT_MS) break;
    await sleep(0);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await checkAnswers(connection, peer);
  await watch.expect({});
  const rate = PACKETS / seconds;
  const megabits = Math.round(rate * (DATA_LEN + 28) * 8 / 1e6);
  const packets = `${PACKETS} packets of ${DATA_LEN + 28} octets`;
  say(`throughput ${packets} there and back: ${Math.round(rate)}/s, ${megabits} Mbit/s each way`);
}

/** Checks that there are as many answers as requests, in order, each authentic and complete. */
async function checkAnswers(connection: Originator, peer: Peer): Promise<void> {
  for (let seq = 0; seq < PACKETS; seq++) {
    const opened = openEsp(peer.outbound, await connection.next());
    if (opened === undefined) throw new Error(`Answer ${seq} does not open`);
    const { isIntact, payload } = parsePacket(opened.inner);
    if (!isIntact || payload.readUInt16BE(6) !== seq) throw new Error(`Answer ${seq} is not right`);
  }
}

/** Stays up and pings once a second until the operator ends it. */
async function keep({ api, program }: Gateway, connection: Originator, peer: Peer): Promise<void> {
  const base = `http://${api.host}:${api.port}`;
  for (const path of ["/", "/v1/status", "/v1/connections", "/v1/sas", "/metrics"]) {
    say(`look at    ${base}${path}`);
  }
  say("Ctrl-C ends it");
  let isEnding = false;
  const end = (): void => void (isEnding = true);
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end);
  // Ctrl-C in a terminal also reaches the gateway, perhaps before this process.
  while (!isEnding && program.isRunning() && connection.isOpen()) {
    await expectEcho(connection, peer);
    for (let i = 0; i < 10 && !isEnding && connection.isOpen(); i++) await sleep(100);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, end);
}

const WARM_PINGS = 200;
const PINGS = 500;
const PACKETS = 20_000;
const DATA_LEN = 1372;
const BURST = 64;
/** Most packets under way at a time: fewer than the answers that fit in the gateway's queue. */
const WINDOW = 128;
const LOAD_TIMEOUT_MS = 30_000;

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
