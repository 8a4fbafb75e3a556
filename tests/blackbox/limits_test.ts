// Limits on connections, kick, drain and the end of the program.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho, freshPing, sendPing } from "../support/echo.ts";
import { openEvents } from "../support/events.ts";
import { ikeFrame, ikeMessage, MARKER_LEN } from "../support/frames.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { watchMetrics } from "../support/metrics.ts";
import type { Originator } from "../support/originator.ts";
import { addPeer, type Peer } from "../support/peers.ts";
import { cpuTicks, descriptorCount, TICKS_PER_SECOND } from "../support/proc.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway, useGatewayWithDaemon } from "../support/use_gateway.ts";
import { settle } from "../support/wait.ts";

const ACCEPTS = "culvert_accepts_total";

describe("connection limits", () => {
  const gateway = useGateway(["--max-connections", "5", "--max-connections-per-source", "3"]);

  scenario(
    "T140: past the limit of a source its connections are closed at once, others are taken",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const held = await openProved(3, "127.0.0.1");
      const events = await openEvents(gateway().api);
      const refused = await gateway().connect();
      await refused.ended();
      equal(refused.receivedLen(), 0);
      const told = await events.next("connection_refused");
      equal(told["status"], "refused_source");
      ok(String(told["remote"]).startsWith("127.0.0.1:"), String(told["remote"]));
      const line = / warn +connection_refused .*status=refused_source/;
      match(await settle(gateway().program.stderr, (text) => line.test(text)), line);
      events.close();
      const [other] = await open(1, "127.0.0.2");
      if (other !== undefined) await expectEcho(other, peer);
      await watch.grows(ACCEPTS, { result: "refused_source" }, 1);
      await watch.grows(ACCEPTS, { result: "accepted" }, 4);
      held[0]?.close();
      await watch.expect({ closes: { peer_closed: 1 } });
      await expectEcho(await gateway().connect(), peer);
    },
  );

  scenario(
    "T140: past the total every source is refused, and room made is used again",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const held = [
        ...await openProved(3, "127.0.0.1"),
        ...await openProved(2, "127.0.0.2"),
      ];
      const refused = await gateway().connect({ localAddress: "127.0.0.3" });
      await refused.ended();
      await watch.grows(ACCEPTS, { result: "refused_total" }, 1);
      held[4]?.close();
      await watch.expect({ closes: { peer_closed: 1 } });
      await expectEcho(await gateway().connect({ localAddress: "127.0.0.3" }), peer);
    },
  );

  scenario(
    "T140: a storm of connections costs no descriptor, no memory to speak of, and little time",
    async () => {
      const peer = await addPeer(gateway().api);
      const { pid } = gateway().program;
      const held = await gateway().connect({ localAddress: "127.0.0.9" });
      await expectEcho(held, peer);
      const descriptors = descriptorCount(pid);
      const ticks = cpuTicks(pid);
      const watch = await watchMetrics(gateway().api);
      const storm = 1500;
      for (let i = 0; i < storm; i += 50) {
        const batch = await Promise.all(Array.from({ length: 50 }, () => gateway().connect()));
        for (const connection of batch) connection.reset();
      }
      await expectEcho(held, peer);
      const handled = await settle(
        async () =>
          (await watch.grown(ACCEPTS, { result: "accepted" })) +
          (await watch.grown(ACCEPTS, { result: "refused_source" })) +
          (await watch.grown(ACCEPTS, { result: "refused_total" })),
        (count) => count === storm,
      );
      equal(handled, storm);
      const open_ = await settle(() => descriptorCount(pid), (count) => count <= descriptors + 2);
      ok(open_ <= descriptors + 2, `${open_} descriptors, ${descriptors} before`);
      const seconds = (cpuTicks(pid) - ticks) / TICKS_PER_SECOND;
      ok(seconds < 5, `${seconds} s for ${storm} connections`);
    },
  );

  /** Connections whose peers have proved a key, each one of its own. */
  async function openProved(count: number, localAddress: string): Promise<Originator[]> {
    const opened = await open(count, localAddress);
    await Promise.all(
      opened.map(async (each) => void await expectEcho(each, await addPeer(gateway().api))),
    );
    return opened;
  }

  function open(count: number, localAddress: string): Promise<Originator[]> {
    return Promise.all(Array.from({ length: count }, () => gateway().connect({ localAddress })));
  }
});

describe("connections that are dead", () => {
  const gateway = useGateway(["--max-connections-per-source", "8"]);

  scenario("T56: clients that connect again and again leave nobody out", async () => {
    const peers = await Promise.all(Array.from({ length: 4 }, () => addPeer(gateway().api)));
    const watch = await watchMetrics(gateway().api);
    // Nobody says that the connections of the rounds before have ended.
    for (let round = 0; round < 6; round++) {
      for (const peer of peers) await expectEcho(await gateway().connect(), peer);
    }
    await watch.grows(ACCEPTS, { result: "refused_source" }, 0);
    await watch.expect({ closes: { gave_way: 16 } });
  });
});

describe("connections on which nobody proves a key", () => {
  const { gateway, daemon } = useGatewayWithDaemon(["--unauthenticated-timeout-ms", "1500"]);

  scenario("T41: they end, whatever the daemon answers, and others stay", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const proved = await gateway().connect();
    await expectEcho(proved, peer);
    const refused = await gateway().connect();
    await refused.send(ikeFrame(ikeMessage()));
    const from = await daemon().next();
    // IKE_AUTH, encrypted, as AUTHENTICATION_FAILED is (RFC 7296 §2.21.2).
    const authFailed = ikeMessage({ exchange: 35, nextPayload: 46, len: 80 });
    await daemon().send(from, Buffer.concat([Buffer.alloc(MARKER_LEN), authFailed]));
    await refused.ended();
    await watch.expect({ closes: { unauthenticated: 1 } });
    await expectEcho(proved, peer);
  });
});

describe("kick", () => {
  const gateway = useGateway();

  scenario("DELETE /v1/connections/{id} closes that one as Kicked; its SAs carry on", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const [kicked, other] = [await gateway().connect(), await gateway().connect()];
    await expectEcho(other, peer);
    const before = await expectEcho(kicked, peer);
    const remote = `127.0.0.1:${kicked.localPort}`;
    const { connections } = await gateway().api.get("/v1/connections") as {
      connections: { id: number; remote: string }[];
    };
    const id = connections.find((connection) => connection.remote === remote)?.id;
    equal((await gateway().api.request("DELETE", `/v1/connections/${id}`)).status, 204);
    await kicked.ended();
    await watch.expect({ closes: { kicked: 1 } });
    equal((await expectEcho(other, peer)).seq, before.seq + 1n);
    const again = await settle(
      () => gateway().api.request("DELETE", `/v1/connections/${id}`),
      ({ status }) => status === 404,
    );
    equal(again.status, 404);
  });
});

describe("drain", () => {
  scenario(
    "POST /v1/drain: accepts nothing, /readyz is 503, connections close, the API answers",
    async () => {
      const gateway = await startGateway();
      try {
        const peer = await addPeer(gateway.api);
        const connection = await gateway.connect();
        await expectEcho(connection, peer);
        equal((await gateway.api.request("GET", "/readyz")).status, 200);
        equal((await gateway.api.request("POST", "/v1/drain")).status, 202);
        equal(await connection.ended(), "fin");
        equal((await gateway.api.request("GET", "/readyz")).status, 503);
        equal((await gateway.api.request("GET", "/livez")).status, 200);
        const watch = await watchMetrics(gateway.api);
        await watch.expect({});
        const status = await gateway.api.get("/v1/status") as { draining: boolean };
        ok(status.draining);
        // The system refuses it, or the gateway accepts and closes it: in either case nothing is
        // served.
        const late = await gateway.connect().catch(() => undefined);
        if (late !== undefined) {
          await late.ended();
          equal(late.receivedLen(), 0);
        }
        ok(gateway.program.isRunning());
      } finally {
        equal((await gateway.stop()).code, 0);
      }
    },
  );

  scenario("SIGTERM: frames that are queued still leave, whole; exit code 0", async () => {
    const gateway = await startGateway(["--drain-timeout-ms", "8000"]);
    const peer = await addPeer(gateway.api);
    const connection = await gateway.connect();
    const answered = await queueUp(gateway, connection, peer);
    gateway.program.kill("SIGTERM");
    await untilDraining(gateway);
    connection.resume();
    await connection.ended();
    equal((await gateway.program.exited).code, 0);
    equal(connection.pendingLen(), 0, "the last frame is whole");
    equal(connection.waiting(), answered);
    await gateway.stop();
  });

  scenario("SIGTERM: they leave though the peer has sent what is read no more", async () => {
    const gateway = await startGateway(["--drain-timeout-ms", "8000"]);
    const peer = await addPeer(gateway.api);
    const connection = await gateway.connect();
    const answered = await queueUp(gateway, connection, peer);
    gateway.program.kill("SIGTERM");
    await untilDraining(gateway);
    for (let i = 0; i < 20; i++) await sendPing(connection, peer, bigPing());
    connection.resume();
    await connection.ended();
    equal((await gateway.program.exited).code, 0);
    equal(connection.waiting(), answered);
    await gateway.stop();
  });

  scenario("SIGTERM: what has not left at --drain-timeout-ms is reset; exit code 0", async () => {
    const gateway = await startGateway(["--drain-timeout-ms", "700"]);
    const peer = await addPeer(gateway.api);
    const connection = await gateway.connect();
    await queueUp(gateway, connection, peer);
    const startedAt = performance.now();
    gateway.program.kill("SIGTERM");
    const { code } = await gateway.program.exited;
    const took = performance.now() - startedAt;
    equal(code, 0);
    ok(took > 500 && took < 5000, `ended after ${took} ms`);
    connection.resume();
    await connection.ended();
    await gateway.stop();
  });

  scenario("SIGINT with idle connections ends at once with exit code 0", async () => {
    const gateway = await startGateway();
    const connection = await gateway.connect();
    const startedAt = performance.now();
    gateway.program.kill("SIGINT");
    deepEqual(await gateway.program.exited, { code: 0, signal: null });
    ok(performance.now() - startedAt < 4000);
    await connection.ended();
    await gateway.stop();
  });

  /**
   * Sends until answers wait in the gateway and it has handled everything; returns the number of
   * answers.
   */
  async function queueUp(gateway: Gateway, connection: Originator, peer: Peer): Promise<number> {
    const watch = await watchMetrics(gateway.api);
    const esp = { direction: "inbound", kind: "esp" };
    connection.pause();
    for (let sent = 0; sent < 60_000;) {
      for (let i = 0; i < 100; i++, sent++) await sendPing(connection, peer, bigPing());
      await watch.grows("culvert_frames_total", esp, sent);
      const dropped = await watch.grown("culvert_drops_total", { reason: "tx_ring_full" });
      if (dropped > 0) return sent - dropped;
    }
    throw new Error("Nothing waits: the kernel takes everything");
  }

  async function untilDraining({ api }: Gateway): Promise<void> {
    const ready = (): Promise<number> => api.request("GET", "/readyz").then(({ status }) => status);
    equal(await settle(ready, (status) => status === 503), 503);
  }

  function bigPing(): { ping: { id: number; seq: number; data: Uint8Array } } {
    return { ping: { ...freshPing(), data: Buffer.alloc(1300, 1) } };
  }
});
