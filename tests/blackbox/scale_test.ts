// The cost of many: idle connections, SAs, a soak of connects, and packets as the garbage collector
// sees them.

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { type Api, spiText } from "../support/api.ts";
import { expectEcho, sealPing } from "../support/echo.ts";
import { frame } from "../support/frames.ts";
import { startGateway } from "../support/gateway.ts";
import { family, readMetrics, sample, watchMetrics } from "../support/metrics.ts";
import { addPeer, makePeer } from "../support/peers.ts";
import {
  coreResidentKib,
  cpuTicks,
  descriptorCount,
  residentKib,
  TICKS_PER_SECOND,
} from "../support/proc.ts";
import { subject } from "../support/program.ts";
import { scenario } from "../support/scenario.ts";
import { settle, sleep } from "../support/wait.ts";

/** A close is counted when its lane gets to it, perhaps after the peer knows of it. */
async function allClosed(api: Api): Promise<void> {
  const open = async (): Promise<number> => {
    const states = Object.values(family(await readMetrics(api), "culvert_connections"));
    return states.reduce((sum, count) => sum + count, 0);
  };
  equal(await settle(open, (count) => count === 0), 0);
}

/** Processor time in 3 s, in ticks. */
async function spentIdle(pid: number): Promise<number> {
  const before = cpuTicks(pid);
  await sleep(3000);
  return cpuTicks(pid) - before;
}

/** In one of a few windows: in the first ones a runtime may collect the garbage of the connects. */
const IDLE_TICKS_MAX = 3;

const MANY = ["--max-connections-per-source", "10000"];

describe("scale", () => {
  scenario(
    "2,000 idle connections cost at most 4 KiB of core memory each, and no busy time",
    async () => {
      const gateway = await startGateway(MANY);
      try {
        const { pid } = gateway.program;
        const peer = await addPeer(gateway.api);
        await expectEcho(await gateway.connect(), peer);
        const core = coreResidentKib(pid);
        ok(core > 0);
        const count = 2000;
        for (let i = 0; i < count; i += 50) {
          const batch = await Promise.all(Array.from({ length: 50 }, () => gateway.connect()));
          for (const connection of batch) await expectEcho(connection, peer);
        }
        const states = await readMetrics(gateway.api);
        equal(sample(states, "culvert_connections", { state: "enabled" }), count + 1);
        const perConnection = (coreResidentKib(pid) - core) / count;
        ok(perConnection <= 4, `${perConnection} KiB of core memory a connection`);
        await sleep(200);
        const spent = await settle(() => spentIdle(pid), (ticks) => ticks <= IDLE_TICKS_MAX);
        ok(spent <= IDLE_TICKS_MAX, `${spent * 1000 / TICKS_PER_SECOND} ms of 3 s while idle`);
      } finally {
        equal((await gateway.stop()).code, 0);
      }
    },
  );

  scenario("ten thousand SAs install, are found, carry traffic and go", async () => {
    const gateway = await startGateway();
    try {
      const { api } = gateway;
      const peers = Array.from({ length: 5000 }, () => makePeer());
      const bodies = peers.flatMap((peer) => [peer.inboundBody, peer.outboundBody]);
      await inTurns(bodies, (body) => api.installSa(body));
      const { sas } = await api.get("/v1/sas") as { sas: unknown[] };
      equal(sas.length, 10_000);
      const samples = await readMetrics(api);
      equal(sample(samples, "culvert_sas", { direction: "inbound" }), 5000);
      equal(sample(samples, "culvert_sas", { direction: "outbound" }), 5000);
      const connection = await gateway.connect();
      for (let i = 0; i < peers.length; i += 50) {
        const peer = peers[i];
        if (peer !== undefined) await expectEcho(connection, peer);
      }
      const some = bodies.filter((_, i) => i % 100 === 0);
      await inTurns(some, async ({ spi }) => {
        equal((await api.get(`/v1/sas/${spi}`) as { spi: string }).spi, spi);
      });
      await inTurns(bodies, async ({ spi }) => {
        equal((await api.request("DELETE", `/v1/sas/${spi}`)).status, 204);
      });
      const left = await api.get("/v1/sas") as { sas: unknown[] };
      equal(left.sas.length, 0);
      const after = await addPeer(api);
      await expectEcho(connection, after);
      equal((await api.request("GET", `/v1/sas/${spiText(after.inbound.spi)}`)).status, 200);
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });

  scenario("a soak of connects and closes leaves descriptors and memory as they were", async () => {
    const gateway = await startGateway(MANY);
    try {
      const { pid } = gateway.program;
      const peer = await addPeer(gateway.api);
      const round = async (): Promise<void> => {
        const batch = await Promise.all(Array.from({ length: 40 }, () => gateway.connect()));
        for (const [i, connection] of batch.entries()) {
          if (i % 2 === 0) await expectEcho(connection, peer);
          if (i % 3 === 0) connection.reset();
          else connection.close();
        }
      };
      for (let i = 0; i < 10; i++) await round();
      await allClosed(gateway.api);
      const descriptors = await settle(() => descriptorCount(pid), (count) => count < 60);
      const resident = residentKib(pid);
      for (let i = 0; i < 50; i++) await round();
      await allClosed(gateway.api);
      const left = await settle(() => descriptorCount(pid), (count) => count <= descriptors);
      ok(left <= descriptors, `${left} descriptors, ${descriptors} before`);
      const grown = residentKib(pid) - resident;
      ok(grown < 32 * 1024, `${grown} KiB grown by 2,000 connections`);
      const watch = await watchMetrics(gateway.api);
      await expectEcho(await gateway.connect(), peer);
      await watch.expect({});
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });

  if (subject() === "deno") {
    scenario("a hundred thousand packets make no garbage in TypeScript to speak of", async () => {
      const runtimeFlags = ["--v8-flags=--trace-gc"];
      const gateway = await startGateway([], { runtimeFlags });
      try {
        const peer = await addPeer(gateway.api, { inbound: { replayWindow: 0 } });
        const connection = await gateway.connect();
        const batch = Buffer.concat(
          Array.from(
            { length: 1000 },
            () => frame(sealPing(peer, { ping: { data: Buffer.alloc(32) } })),
          ),
        );
        const run = async (batches: number): Promise<void> => {
          for (let i = 0; i < batches; i++) {
            await connection.send(batch);
            await settle(() => drain(connection), (left) => left >= 1000 * (i + 1), 20_000);
          }
        };
        let came = 0;
        const drain = async (of: typeof connection): Promise<number> => {
          while (of.waiting() > 0) {
            await of.next();
            came++;
          }
          return came;
        };
        await run(5);
        came = 0;
        const before = collections(gateway.program.stdout());
        await run(100);
        equal(came, 100_000);
        const made = collections(gateway.program.stdout()) - before;
        // A young generation of a lane is at least 1 MiB: one small object of 48 octets for each
        // packet would make five collections.
        ok(made <= 3, `${made} collections in 100,000 packets`);
      } finally {
        equal((await gateway.stop()).code, 0);
      }
    });
  }
});

/** Collections that V8 has traced, of all isolates. */
function collections(trace: string): number {
  return [...trace.matchAll(/(Scavenge|Mark-Compact)/g)].length;
}

/** Runs `work` over all items, a few at once. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += 8) await Promise.all(items.slice(i, i + 8).map(work));
}
