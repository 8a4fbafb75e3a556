// Sequence numbers near their ends: 2^32 with and without ESN, in both directions, and the first
// number.

import { deepEqual, equal, ok } from "node:assert/strict";
import { describe } from "node:test";
import { spiText } from "../support/api.ts";
import { expectEcho, expectPong, freshPing, sealPing, sendPing } from "../support/echo.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";

const TWO_32 = 0x1_0000_0000n;

describe("sequence numbers", () => {
  const gateway = useGateway(["--suspect-limit", "1000000"]);

  scenario(
    "E4: without ESN the number 2^32 - 1 is the last to leave, then SeqExhausted",
    async () => {
      const peer = await addPeer(gateway().api, {
        outbound: { initialSequence: Number(TWO_32 - 3n) },
      });
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      equal((await expectEcho(connection, peer)).seq, TWO_32 - 2n);
      equal((await expectEcho(connection, peer)).seq, TWO_32 - 1n);
      // Together, because the SA leaves then.
      await connection.sendFrames(sealPing(peer), sealPing(peer));
      await watch.expect({ drops: { seq_exhausted: 2, seq_soft_limit: 1 } });
      equal(connection.waiting(), 0);
      ok(connection.isOpen());
    },
  );

  scenario(
    "E43, E46: with ESN both directions go on through 2^32, where the low half is 0",
    async () => {
      const start = TWO_32 - 4n;
      const peer = await addPeer(gateway().api, {
        esn: true,
        both: { initialSequence: Number(start) },
      });
      peer.inbound.seq = start;
      peer.outbound.seq = start;
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      for (let n = 1n; n <= 8n; n++) {
        const { seq } = await expectEcho(connection, peer);
        equal(seq, start + n);
        equal(peer.inbound.seq, start + n);
      }
      await watch.expect({});
    },
  );

  scenario(
    "E40: with ESN a late packet from before 2^32 is still in the window, once",
    async () => {
      const peer = await addPeer(gateway().api, {
        esn: true,
        inbound: { initialSequence: Number(TWO_32 - 20n), replayWindow: 64 },
      });
      const connection = await gateway().connect();
      peer.inbound.seq = TWO_32 + 4n;
      await expectEcho(connection, peer);
      const watch = await watchMetrics(gateway().api);
      const late = freshPing();
      await sendPing(connection, peer, { ping: late, seal: { seq: TWO_32 - 10n } });
      await expectPong(connection, peer, late);
      await sendPing(connection, peer, { seal: { seq: TWO_32 - 10n } });
      await expectEcho(connection, peer);
      await watch.expect({ drops: { seq_replayed: 1 } });
    },
  );

  scenario(
    "E45: with ESN a packet left of the window fails its ICV: it reads as one of the next 2^32",
    async () => {
      const peer = await addPeer(gateway().api, { esn: true, inbound: { replayWindow: 64 } });
      const connection = await gateway().connect();
      peer.inbound.seq = 1000n;
      await expectEcho(connection, peer);
      const watch = await watchMetrics(gateway().api);
      await sendPing(connection, peer, { seal: { seq: 5n } });
      await expectEcho(connection, peer);
      await watch.expect({ drops: { icv_mismatch: 1 } });
    },
  );

  scenario(
    "E41: with ESN number 0, or one from before the first, is refused before any cryptography",
    async () => {
      const peer = await addPeer(gateway().api, { esn: true });
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await sendPing(connection, peer, { seal: { seq: 0n } });
      await expectEcho(connection, peer);
      await watch.expect({ drops: { seq_zero: 1 } });
    },
  );

  scenario("initialSequence counts as seen inbound, with all below it", async () => {
    const peer = await addPeer(gateway().api, { inbound: { initialSequence: 5000 } });
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (const seq of [5000n, 4999n]) await sendPing(connection, peer, { seal: { seq } });
    await sendPing(connection, peer, { seal: { seq: 1n } });
    peer.inbound.seq = 5000n;
    await expectEcho(connection, peer);
    await watch.expect({ drops: { seq_replayed: 2, seq_stale: 1 } });
  });

  scenario("initialSequence above 2^53 goes in and comes out as a decimal string", async () => {
    const start = 0xffff_ffff_ffff_0000n;
    const peer = await addPeer(gateway().api, {
      esn: true,
      both: { initialSequence: start.toString() },
    });
    peer.inbound.seq = start;
    peer.outbound.seq = start;
    const connection = await gateway().connect();
    equal((await expectEcho(connection, peer)).seq, start + 1n);
    const path = `/v1/sas/${spiText(peer.outbound.spi)}`;
    const shown = await gateway().api.get(path) as Record<string, unknown>;
    deepEqual(shown.initialSequence, start.toString());
  });

  scenario("E4: with ESN the number 2^64 - 1 is the last", async () => {
    const start = 0xffff_ffff_ffff_fffdn;
    const peer = await addPeer(gateway().api, {
      esn: true,
      outbound: { initialSequence: start.toString() },
    });
    peer.outbound.seq = start;
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    equal((await expectEcho(connection, peer)).seq, start + 1n);
    equal((await expectEcho(connection, peer)).seq, start + 2n);
    await sendPing(connection, peer);
    await watch.expect({ drops: { seq_exhausted: 1, seq_soft_limit: 1 } });
  });
});
