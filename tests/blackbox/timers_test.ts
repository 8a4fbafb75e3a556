// Frame, send and idle timers: nobody keeps a connection, or a ring, by doing nothing.

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho, sealPing } from "../support/echo.ts";
import { frame, ikeFrame, ikeMessage, KEEPALIVE, MARKER_LEN } from "../support/frames.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGatewayWithDaemon } from "../support/use_gateway.ts";
import { sleep } from "../support/wait.ts";

describe("frame timer", () => {
  const TIMEOUT_MS = 1500;
  const { gateway, daemon } = useGatewayWithDaemon(["--frame-timeout-ms", String(TIMEOUT_MS)]);

  scenario(
    "T30: a frame that has begun and does not go on ends its connection, and no other",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const [stuck, other] = [await gateway().connect(), await gateway().connect()];
      await expectEcho(stuck, peer);
      await expectEcho(other, peer);
      await stuck.send(Buffer.of(0x04, 0x00), Buffer.alloc(10, 9));
      await stuck.ended();
      await watch.expect({ closes: { frame_timeout: 1 } });
      await expectEcho(other, peer);
    },
  );

  scenario("T30: half a Length field is a frame that has begun", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await connection.send(Buffer.of(0x04));
    await connection.ended();
    await watch.expect({ closes: { frame_timeout: 1 } });
  });

  scenario("T30: one octet at a time does not put it off", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    const startedAt = performance.now();
    await connection.send(Buffer.of(0x04, 0x00));
    while (connection.isOpen() && performance.now() - startedAt < 5 * TIMEOUT_MS) {
      await connection.send(Buffer.of(7));
      await sleep(50);
    }
    const took = performance.now() - startedAt;
    ok(took < 3 * TIMEOUT_MS, `closed after ${took} ms`);
    await watch.expect({ closes: { frame_timeout: 1 } });
  });

  scenario(
    "T30: many frames, each in time, never end it, though something is always incomplete",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      const startedAt = performance.now();
      let rest: Buffer = Buffer.alloc(0);
      while (performance.now() - startedAt < 2.5 * TIMEOUT_MS) {
        const packet = frame(sealPing(peer));
        await connection.send(rest, packet.subarray(0, 20));
        rest = packet.subarray(20);
        await sleep(TIMEOUT_MS / 6);
      }
      await connection.send(rest);
      while (connection.waiting() > 0) await connection.next();
      ok(connection.isOpen());
      await watch.expect({});
    },
  );

  scenario("L31: a frame that cannot leave whole in time is SendStalled", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.send(ikeFrame(ikeMessage()));
    const from = await daemon().next();
    connection.pause();
    const largest = Buffer.concat([Buffer.alloc(MARKER_LEN), ikeMessage({ len: 60_000 })]);
    const startedAt = performance.now();
    let stalled = 0;
    while (stalled === 0 && performance.now() - startedAt < 20_000) {
      for (let i = 0; i < 16; i++) await daemon().send(from, largest);
      await sleep(20);
      stalled = await watch.grown("culvert_closes_total", { reason: "send_stalled" });
    }
    equal(stalled, 1);
    connection.resume();
    await connection.ended();
  });
});

describe("idle timer", () => {
  const TIMEOUT_MS = 1500;
  const { gateway, daemon } = useGatewayWithDaemon(["--idle-timeout-ms", String(TIMEOUT_MS)]);

  scenario(
    "T41, T56: without authentic ESP and without upstream a connection is IdleTimeout",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      await connection.ended();
      await watch.expect({ closes: { idle_timeout: 1 } });
    },
  );

  scenario("T23: keepalives of the peer do not put it off", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    const startedAt = performance.now();
    while (connection.isOpen() && performance.now() - startedAt < 5 * TIMEOUT_MS) {
      await connection.send(KEEPALIVE);
      await sleep(50);
    }
    ok(performance.now() - startedAt < 3 * TIMEOUT_MS);
    await watch.expect({ closes: { idle_timeout: 1 } });
  });

  scenario(
    "T41: authentic ESP puts it off; so does a datagram from upstream, a keepalive aside",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const [esp, ike] = [await gateway().connect(), await gateway().connect()];
      await ike.send(ikeFrame(ikeMessage()));
      const from = await daemon().next();
      const message = Buffer.concat([Buffer.alloc(MARKER_LEN), ikeMessage()]);
      for (let i = 0; i < 8; i++) {
        await expectEcho(esp, peer);
        await daemon().send(from, message);
        await ike.next();
        await sleep(TIMEOUT_MS / 4);
      }
      await watch.expect({});
      const startedAt = performance.now();
      while (ike.isOpen() && performance.now() - startedAt < 5 * TIMEOUT_MS) {
        await daemon().send(from, Buffer.of(0xff));
        await sleep(50);
      }
      ok(performance.now() - startedAt < 3 * TIMEOUT_MS);
      await esp.ended();
      await watch.expect({ closes: { idle_timeout: 2 } });
    },
  );
});
