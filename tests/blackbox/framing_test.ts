// RFC 9329 §3: the Length field and its values, in every segmentation.

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho, expectPong, freshPing, sealPing } from "../support/echo.ts";
import { forgeEsp } from "../support/esp.ts";
import { EMPTY, frame, ikeFrame, ikeMessage, KEEPALIVE, PAYLOAD_MAX } from "../support/frames.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer, freshSpi } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";

/** The score is another file's subject. */
const NO_LIMIT = ["--suspect-limit", "1000000"];
const FRAMES = "culvert_frames_total";

describe("fatal Lengths", () => {
  const gateway = useGateway(NO_LIMIT);

  for (const length of [0, 1]) {
    for (const where of ["as the first frame", "behind other frames", "cut between its octets"]) {
      scenario(
        `T21, T46: Length ${length} ${where} closes; what follows is ignored, SAs live on`,
        async () => {
          const peer = await addPeer(gateway().api);
          const watch = await watchMetrics(gateway().api);
          const connection = await gateway().connect();
          if (where === "behind other frames") await expectEcho(connection, peer);
          const ping = freshPing();
          const late = frame(sealPing(peer, { ping }));
          const stream = Buffer.concat([Buffer.of(0, length), late]);
          await connection.sendPieces(stream, where === "cut between its octets" ? [1] : []);
          await connection.ended();
          equal(connection.waiting(), 0);
          await watch.expect({ closes: { frame_length_invalid: 1 } });
          const next = await gateway().connect();
          await next.send(late);
          await expectPong(next, peer, ping);
          await expectEcho(next, peer);
        },
      );
    }
  }
});

describe("harmless Lengths", () => {
  const gateway = useGateway(NO_LIMIT);

  scenario(
    "T22: a thousand empty frames between two packets are ignored and only counted as such",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      await connection.send(...Array.from({ length: 1000 }, () => EMPTY));
      await expectEcho(connection, peer);
      await watch.grows(FRAMES, { direction: "inbound", kind: "empty" }, 1000);
      await watch.grows(FRAMES, { direction: "inbound", kind: "esp" }, 2);
      await watch.expect({});
    },
  );

  scenario(
    "T23, T94: keepalives before, between and after packets are dropped in silence",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await connection.send(KEEPALIVE, KEEPALIVE);
      await expectEcho(connection, peer);
      await connection.send(KEEPALIVE);
      await expectEcho(connection, peer);
      await watch.grows(FRAMES, { direction: "inbound", kind: "keepalive" }, 3);
      await watch.expect({});
    },
  );

  const short: readonly (readonly [string, Buffer])[] = [
    ["Length 3 without 0xFF", Buffer.of(0x00)],
    ["Length 4", Buffer.of(0xff, 0xff)],
    ["Length 5", Buffer.alloc(3)],
    ["Length 6, a bare marker", Buffer.alloc(4)],
    ["Length 6, a bare SPI", Buffer.of(1, 2, 3, 4)],
  ];
  for (const [name, payload] of short) {
    scenario(`T24: ${name} is dropped as FrameShort and the connection stays`, async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await connection.sendFrames(payload);
      await expectEcho(connection, peer);
      await watch.expect({ drops: { frame_short: 1 } });
    });
  }

  scenario("T27: a frame of Length 65,535 is skipped whole, and the next one is read", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.sendFrames(forgeEsp({ spi: freshSpi() }, 1, PAYLOAD_MAX - 32));
    await expectEcho(connection, peer);
    await watch.expect({ drops: { unknown_spi: 1 } });
  });

  scenario(
    "T33, T34: four zero octets make a payload IKE, whatever came before; without an upstream it is dropped",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      await connection.send(ikeFrame(ikeMessage()));
      await expectEcho(connection, peer);
      // SPI 0 is never ESP, though all else of this packet looks like it.
      await connection.sendFrames(forgeEsp({ spi: 0 }, 1));
      await expectEcho(connection, peer);
      await watch.expect({ drops: { no_upstream: 2 } });
      await watch.grows(FRAMES, { direction: "inbound", kind: "ike" }, 2);
    },
  );

  scenario("T35: the reserved SPIs 1 to 255 are unknown", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (const spi of [1, 52, 255]) await connection.sendFrames(forgeEsp({ spi }, 1));
    await expectEcho(connection, peer);
    await watch.expect({ drops: { unknown_spi: 3 } });
  });

  scenario(
    "E30: every ESP length below header, IV, trailer and ICV is EspShort, before any cryptography",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const whole = forgeEsp(peer.inbound, 1, 4);
      equal(whole.length, 36);
      for (let len = 5; len <= whole.length; len++) {
        await connection.sendFrames(whole.subarray(0, len));
      }
      await expectEcho(connection, peer);
      // 34 and 35 octets hold all the parts but are no multiple of four: either status is right for
      // them.
      const short = await watch.grown("culvert_drops_total", { reason: "esp_short" });
      const forged = await watch.grown("culvert_drops_total", { reason: "icv_mismatch" });
      equal(short + forged, 32);
      ok(short >= 29, `${short} short`);
      ok(forged >= 1, `${forged} forged`);
    },
  );
});

describe("segments", () => {
  const gateway = useGateway(NO_LIMIT);

  scenario("T28: the same answers come whatever the pieces", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    let seed = 20_260_401;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor(seed / 2 ** 32 * below);
    };
    for (const most of [3, 17, 200, 1500, 20_000]) {
      const connection = await gateway().connect();
      const pings = Array.from({ length: 20 }, () => ({
        ...freshPing(),
        data: Buffer.alloc(random(1200), 0x33),
      }));
      const parts = pings.flatMap((ping) => [
        frame(sealPing(peer, { ping })),
        ...[EMPTY, KEEPALIVE].slice(random(3)),
      ]);
      const stream = Buffer.concat(most === 3 ? parts.slice(0, 3) : parts);
      const sizes = Array.from({ length: 400 }, () => 1 + random(most));
      await connection.sendPieces(stream, sizes);
      for (const ping of most === 3 ? pings.slice(0, 1) : pings) {
        await expectPong(connection, peer, ping);
      }
    }
    await watch.expect({});
  });

  scenario("T29: the rest of a frame on a new connection is a stream of its own", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const ping = freshPing();
    const packet = frame(sealPing(peer, { ping }));
    const first = await gateway().connect();
    await expectEcho(first, peer);
    // The cut makes the rest begin with the number's high octets: read as a Length, they are 0.
    const cut = 2 + 4;
    await first.send(packet.subarray(0, cut));
    first.reset();
    const second = await gateway().connect();
    await second.send(packet.subarray(cut));
    await second.ended();
    equal(second.receivedLen(), 0);
    await watch.expect({ closes: { peer_reset: 1, frame_length_invalid: 1 } });
    const third = await gateway().connect();
    await third.send(packet);
    await expectPong(third, peer, ping);
  });
});
