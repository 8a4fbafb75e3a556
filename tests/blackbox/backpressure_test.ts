// A peer that does not read: the queue is bounded, ESP is dropped before it is sealed, and IKE is
// kept and goes first.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho, freshPing, sealPing } from "../support/echo.ts";
import { openEsp } from "../support/esp.ts";
import { frame, ikeFrame, ikeMessage, MARKER_LEN } from "../support/frames.ts";
import type { Gateway } from "../support/gateway.ts";
import { watchMetrics } from "../support/metrics.ts";
import type { Originator } from "../support/originator.ts";
import { addPeer, type Peer } from "../support/peers.ts";
import { cpuTicks, residentKib, TICKS_PER_SECOND } from "../support/proc.ts";
import { scenario } from "../support/scenario.ts";
import { useGatewayWithDaemon } from "../support/use_gateway.ts";
import { FAIR_MS, settle, sleep, WAIT_MS } from "../support/wait.ts";

const MARKER = Buffer.alloc(MARKER_LEN);
const DATA_LEN = 1300;
/** More than loopback's own buffers hold. */
const FLOOD = 12_000;
/** Over so long the lane must do nothing, once nobody takes anything. */
const FULL_MS = 1000;

describe("a peer that does not read", () => {
  const { gateway, daemon } = useGatewayWithDaemon();

  scenario(
    "T128, L33: answers without room drop as TxRingFull before they take a number; no frame is torn",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      const resident = residentKib(gateway().program.pid);
      connection.pause();
      await flood(connection, peer);
      const dropped = await settle(() => full(watch), (count) => count > 0);
      ok(dropped > 0, "nothing was dropped: the flood is too small");
      const queue = await queueOf(gateway(), connection);
      ok(queue <= 2 ** 18 + 65_536, `${queue} octets queued`);
      const grown = residentKib(gateway().program.pid) - resident;
      ok(grown < 64 * 1024, `${grown} KiB grown`);
      const came = await readAll(connection, peer, watch);
      equal(came + await full(watch), FLOOD, "each packet is answered or counted");
      equal(connection.pendingLen(), 0);
      await expectEcho(connection, peer);
      await watch.expect({ drops: { tx_ring_full: await full(watch) } });
    },
  );

  scenario(
    "L30, T75: IKE that comes while ESP waits is not lost, and leaves at the next boundary",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      await connection.send(ikeFrame(ikeMessage()));
      const from = await daemon().next();
      connection.pause();
      await flood(connection, peer);
      await settle(() => full(watch), (count) => count > 0);
      const queued = await queueOf(gateway(), connection);
      const message = Buffer.concat([MARKER, ikeMessage({ spiR: 1n, exchange: 37, len: 500 })]);
      await daemon().send(from, message);
      await settle(() => queueOf(gateway(), connection), (now) => now > queued);
      const behind = await espBehindIke(connection, peer, message);
      // Everything in our queue comes after it: it has overtaken the ESP that had not begun to
      // leave.
      const least = Math.floor(queued / (DATA_LEN + 150)) - 2;
      ok(behind >= least, `${behind} ESP packets came after the IKE message, ${least} were queued`);
      equal(await watch.grown("culvert_drops_total", { reason: "ike_too_long" }), 0);
    },
  );

  scenario("L30: many IKE messages wait in the reserve, and all come, in order", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.send(ikeFrame(ikeMessage()));
    const from = await daemon().next();
    connection.pause();
    const messages = Array.from({ length: 150 }, (_, messageId) => reply(messageId, 1000));
    for (const message of messages) await daemon().send(from, message);
    connection.resume();
    for (const message of messages) equal(Buffer.compare(await connection.next(), message), 0);
    await watch.expect({});
  });

  scenario("T75: what the kernel loses of a socket that waits is counted to the last", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.send(ikeFrame(ikeMessage()));
    const from = await daemon().next();
    connection.pause();
    const count = 800;
    for (let messageId = 0; messageId < count; messageId++) {
      await daemon().send(from, reply(messageId, 9000));
    }
    const { pid } = gateway().program;
    const ticks = cpuTicks(pid);
    await sleep(FULL_MS);
    const busyMs = 1000 * (cpuTicks(pid) - ticks) / TICKS_PER_SECOND;
    ok(busyMs < FULL_MS / 4, `busy for ${busyMs} of ${FULL_MS} ms with a full reserve`);
    connection.resume();
    const seen = await readReplies(connection);
    // The kernel tells of its losses with the next message that it does not lose.
    await daemon().send(from, reply(count, 100));
    equal((await connection.next()).readUInt32BE(MARKER_LEN + 20), count);
    const lost = await watch.grown("culvert_drops_total", { reason: "upstream_overflow" });
    ok(lost > 0, "nothing was lost: there were too few");
    equal(seen.length + lost, count);
    deepEqual(seen, seen.toSorted((a, b) => a - b));
  });

  scenario("L35: a flood on one connection leaves the others their turn", async () => {
    const [busy, calm] = [await addPeer(gateway().api), await addPeer(gateway().api)];
    const [a, b] = [await gateway().connect(), await gateway().connect()];
    a.pause();
    const packets = Array.from({ length: 4000 }, () => big(busy));
    const flooding = a.send(...packets);
    let slowest = 0;
    for (let i = 0; i < 20; i++) {
      const sentAt = performance.now();
      await expectEcho(b, calm);
      slowest = Math.max(slowest, performance.now() - sentAt);
    }
    ok(slowest < FAIR_MS, `${slowest} ms`);
    a.reset();
    await flooding;
  });
});

/** A datagram of the daemon's. */
function reply(messageId: number, len: number): Buffer {
  return Buffer.concat([MARKER, ikeMessage({ messageId, len, spiR: 1n })]);
}

/** Numbers of all messages that come until none does. */
async function readReplies(connection: Originator): Promise<number[]> {
  const seen: number[] = [];
  for (;;) {
    const message = await connection.next(1000).catch(() => undefined);
    if (message === undefined) return seen;
    seen.push(message.readUInt32BE(MARKER_LEN + 20));
  }
}

type Watch = Awaited<ReturnType<typeof watchMetrics>>;

function full(watch: Watch): Promise<number> {
  return watch.grown("culvert_drops_total", { reason: "tx_ring_full" });
}

function big(peer: Peer): Buffer {
  return frame(sealPing(peer, { ping: { ...freshPing(), data: Buffer.alloc(DATA_LEN, 5) } }));
}

async function flood(connection: Originator, peer: Peer): Promise<void> {
  for (let i = 0; i < FLOOD; i += 100) {
    await connection.send(...Array.from({ length: 100 }, () => big(peer)));
  }
}

/** Reads until every packet is accounted for. Each must open, and no number may be missing. */
async function readAll(connection: Originator, peer: Peer, watch: Watch): Promise<number> {
  connection.resume();
  let came = 0;
  const first = peer.outbound.seq;
  await settle(
    async () => {
      while (connection.waiting() > 0) {
        const opened = openEsp(peer.outbound, await connection.next());
        equal(opened?.seq, first + BigInt(came) + 1n);
        came++;
      }
      return came + await full(watch);
    },
    (sum) => sum === FLOOD,
  );
  return came;
}

/** Reads everything; how many ESP packets came after the IKE message. */
async function espBehindIke(
  connection: Originator,
  peer: Peer,
  message: Buffer,
): Promise<number> {
  connection.resume();
  let behind = -1;
  const isOurs = (payload: Buffer): boolean => payload.readUInt32BE(0) === peer.outbound.spi;
  for (;;) {
    const payload = await connection.next(behind < 0 ? WAIT_MS : 500).catch(() => undefined);
    if (payload === undefined) break;
    if (isOurs(payload)) behind += behind < 0 ? 0 : 1;
    else if (Buffer.compare(payload, message) === 0) behind = 0;
  }
  ok(behind >= 0, "the IKE message has come");
  return behind;
}

async function queueOf(gateway: Gateway, connection: Originator): Promise<number> {
  const { connections } = await gateway.api.get("/v1/connections") as {
    connections: { remote: string; queueOctets: number }[];
  };
  const remote = `127.0.0.1:${connection.localPort}`;
  return connections.find((shown) => shown.remote === remote)?.queueOctets ?? -1;
}
