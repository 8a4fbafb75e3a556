// The corruption score (RFC 9329 §6.1): the packets that count, those that reset it, and the
// connection that it ends.

import { equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho, expectPong, freshPing, sealPing } from "../support/echo.ts";
import { forgeEsp, NEXT_HEADER_NONE, sealEsp } from "../support/esp.ts";
import { EMPTY, frame, KEEPALIVE } from "../support/frames.ts";
import { watchMetrics } from "../support/metrics.ts";
import type { Originator } from "../support/originator.ts";
import { addPeer, freshSpi, type Peer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";

const LIMIT = 8;

describe("corruption score", () => {
  const gateway = useGateway(["--suspect-limit", String(LIMIT)]);

  scenario(
    "T61, T70: three unknown SPIs in a row leave the connection, and the next packet is delivered",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await sendUnknown(connection, 3);
      await expectEcho(connection, peer);
      await watch.expect({ drops: { unknown_spi: 3 } });
    },
  );

  scenario("T70, T71: an authentic packet sets it back to nothing, every time", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (let round = 0; round < 4; round++) {
      await sendUnknown(connection, LIMIT - 1);
      await expectEcho(connection, peer);
    }
    await watch.expect({ drops: { unknown_spi: 4 * (LIMIT - 1) } });
  });

  scenario(
    "T46, T60, T70: at the limit the connection is closed; its SAs carry on with the next number",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const before = await expectEcho(connection, peer);
      await sendUnknown(connection, LIMIT);
      await connection.ended();
      await watch.expect({ drops: { unknown_spi: LIMIT }, closes: { suspect_limit: 1 } });
      const next = await gateway().connect();
      const after = await expectEcho(next, peer);
      equal(after.seq, before.seq + 1n);
    },
  );

  scenario("T71: keepalives and empty frames between do not reset it", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (let i = 0; i < LIMIT; i++) {
      await connection.send(KEEPALIVE, frame(forgeEsp({ spi: freshSpi() }, 1)), EMPTY);
    }
    await connection.ended();
    await watch.expect({ drops: { unknown_spi: LIMIT }, closes: { suspect_limit: 1 } });
  });

  const suspects: readonly (readonly [string, (peer: Peer) => Buffer])[] = [
    ["frame_short", () => Buffer.of(1, 2)],
    ["esp_short", ({ inbound }) => forgeEsp(inbound, 1).subarray(0, 12)],
    ["unknown_spi", () => forgeEsp({ spi: 255 }, 1)],
    ["icv_mismatch", ({ inbound }) => forgeEsp(inbound, 0x7fff_ffff)],
  ];
  for (const [status, make] of suspects) {
    scenario(`T60, T70: each ${status} is one point of it`, async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const payload = make(peer);
      await connection.sendFrames(...Array.from({ length: LIMIT - 1 }, () => payload));
      await expectEcho(connection, peer);
      await connection.sendFrames(...Array.from({ length: LIMIT }, () => payload));
      await connection.ended();
      await watch.expect({ drops: { [status]: 2 * LIMIT - 1 }, closes: { suspect_limit: 1 } });
    });
  }

  scenario("T60: replays, stale packets and number 0 are not corruption", async () => {
    const peer = await addPeer(gateway().api, { inbound: { replayWindow: 32 } });
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const old = sealPing(peer, { seal: { seq: 1n } });
    const recent = sealPing(peer, { seal: { seq: 100n } });
    peer.inbound.seq = 100n;
    const zero = sealPing(peer, { seal: { seq: 0n } });
    await connection.sendFrames(recent);
    await connection.next();
    const many = 4 * LIMIT;
    for (let i = 0; i < many; i++) await connection.sendFrames(old, recent, zero);
    await expectEcho(connection, peer);
    await watch.expect({ drops: { seq_stale: many, seq_replayed: many, seq_zero: many } });
  });

  scenario("T71: a replay between does not reset it either", async () => {
    const peer = await addPeer(gateway().api);
    const connection = await gateway().connect();
    const ping = freshPing();
    const packet = sealPing(peer, { ping });
    await connection.sendFrames(packet);
    await expectPong(connection, peer, ping);
    const watch = await watchMetrics(gateway().api);
    await sendUnknown(connection, LIMIT / 2);
    await connection.sendFrames(packet);
    await sendUnknown(connection, LIMIT / 2);
    await connection.ended();
    await watch.expect({
      drops: { unknown_spi: LIMIT, seq_replayed: 1 },
      closes: { suspect_limit: 1 },
    });
  });

  scenario("E33: an authentic dummy packet resets it", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (let round = 0; round < 3; round++) {
      await sendUnknown(connection, LIMIT - 1);
      const dummy = sealEsp(peer.inbound, Buffer.alloc(16), { nextHeader: NEXT_HEADER_NONE });
      await connection.sendFrames(dummy);
    }
    await expectEcho(connection, peer);
    await watch.expect({ drops: { unknown_spi: 3 * (LIMIT - 1), dummy_packet: 3 } });
  });
});

describe("corruption score by default", () => {
  const gateway = useGateway();

  scenario("T70: the 64th point closes", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await sendUnknown(connection, 63);
    await expectEcho(connection, peer);
    await sendUnknown(connection, 64);
    await connection.ended();
    await watch.expect({ drops: { unknown_spi: 127 }, closes: { suspect_limit: 1 } });
  });
});

async function sendUnknown(connection: Originator, count: number): Promise<void> {
  const packets = Array.from({ length: count }, () => forgeEsp({ spi: freshSpi() }, 1));
  await connection.sendFrames(...packets);
}
