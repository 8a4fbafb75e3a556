// Answers go to the connection of the last packet that is authentic and fresh, and SAs outlive
// connections (RFC 9329 §6.1).

import { equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { spiText } from "../support/api.ts";
import { expectEcho, expectPong, freshPing, sealPing, sendPing } from "../support/echo.ts";
import { forgeEsp, NEXT_HEADER_NONE, sealEsp } from "../support/esp.ts";
import { frame, ikeFrame, ikeMessage, KEEPALIVE } from "../support/frames.ts";
import { watchMetrics } from "../support/metrics.ts";
import type { Originator } from "../support/originator.ts";
import { addPeer, freshSpi, type Peer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway, useGatewayWithDaemon } from "../support/use_gateway.ts";

describe("path", () => {
  const { gateway, daemon } = useGatewayWithDaemon();

  scenario(
    "T52: it follows authentic packets from one connection to the other and back",
    async () => {
      const { peer, a, b } = await twoConnections();
      await expectEcho(b, peer);
      await expectDummyOn(b, peer);
      await expectEcho(a, peer);
      await expectDummyOn(a, peer);
      equal(b.waiting(), 0);
    },
  );

  scenario(
    "T47: ESP as the first frame of a new connection moves it, without any IKE",
    async () => {
      const { peer, a } = await twoConnections();
      const b = await gateway().connect();
      await expectEcho(b, peer);
      await expectDummyOn(b, peer);
      equal(a.waiting(), 0);
    },
  );

  scenario("T44: from another source address and port too", async () => {
    const { peer } = await twoConnections();
    const b = await gateway().connect({ localAddress: "127.0.0.77" });
    equal(b.localAddress, "127.0.0.77");
    await expectEcho(b, peer);
    await expectDummyOn(b, peer);
  });

  scenario("E33: an authentic dummy packet moves it", async () => {
    const { peer, b } = await twoConnections();
    const dummy = sealEsp(peer.inbound, Buffer.alloc(8), { nextHeader: NEXT_HEADER_NONE });
    const watch = await watchMetrics(gateway().api);
    await b.sendFrames(dummy);
    await watch.grows("culvert_drops_total", { reason: "dummy_packet" }, 1);
    await expectDummyOn(b, peer);
  });

  const powerless: readonly (readonly [string, (peer: Peer, seen: Buffer) => Buffer])[] = [
    ["a replayed packet", (_peer, seen) => frame(seen)],
    ["a known SPI with a wrong ICV", ({ inbound }) => frame(forgeEsp(inbound, 0x7000_0000))],
    ["an unknown SPI", () => frame(forgeEsp({ spi: freshSpi() }, 9))],
    ["a keepalive", () => KEEPALIVE],
    ["forged IKE", () => ikeFrame(ikeMessage({ spiR: 7n, exchange: 37 }))],
    ["an outbound SPI", ({ outbound }) => frame(forgeEsp(outbound, 9))],
  ];
  for (const [name, make] of powerless) {
    scenario(`T53, T54: ${name} does not move it`, async () => {
      const { peer, a, b, seen } = await twoConnections();
      // The second peer's round trip shows that the gateway has handled everything that came before
      // it on B.
      const fence = await addPeer(gateway().api);
      await b.send(make(peer, seen));
      await expectEcho(b, fence);
      await expectDummyOn(a, peer);
      await expectEcho(a, peer);
      equal(b.waiting(), 0);
    });
  }

  scenario("T55, T58: both connections are heard, in turns, by one replay window", async () => {
    const { peer, a, b } = await twoConnections();
    const watch = await watchMetrics(gateway().api);
    for (let i = 0; i < 10; i++) {
      const [one, two] = [freshPing(), freshPing()];
      const first = sealPing(peer, { ping: one });
      const second = sealPing(peer, { ping: two });
      await a.sendFrames(first);
      await expectPong(a, peer, one);
      await b.sendFrames(first, second);
      await expectPong(b, peer, two);
      await a.sendFrames(second);
    }
    await watch.expect({ drops: { seq_replayed: 20 } });
  });

  scenario("T42, T46: a reset leaves SAs, numbers and windows as they were", async () => {
    const { peer, a, seen } = await twoConnections();
    const before = await expectEcho(a, peer);
    const watch = await watchMetrics(gateway().api);
    a.reset();
    await watch.expect({ closes: { peer_reset: 1 } });
    const next = await gateway().connect();
    await next.sendFrames(seen);
    const after = await expectEcho(next, peer);
    equal(after.seq, before.seq + 1n);
    await watch.expect({ drops: { seq_replayed: 1 }, closes: { peer_reset: 1 } });
  });

  scenario(
    "a path ends with its connection, and the older connection does not get it back by itself",
    async () => {
      const { peer, a, b } = await twoConnections();
      await expectEcho(b, peer);
      const watch = await watchMetrics(gateway().api);
      b.close();
      await watch.grows("culvert_closes_total", { reason: "peer_closed" }, 1);
      equal((await dummy(peer)).status, 409);
      await expectEcho(a, peer);
      await expectDummyOn(a, peer);
    },
  );

  scenario(
    "T49: after the peer's FIN its packets are still handled, their answers leave, then it closes",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const pings = Array.from({ length: 20 }, freshPing);
      await connection.sendFrames(...pings.map((ping) => sealPing(peer, { ping })));
      connection.halfClose();
      for (const ping of pings) await expectPong(connection, peer, ping);
      equal(await connection.ended(), "fin");
      await watch.expect({ closes: { peer_closed: 1 } });
    },
  );

  scenario(
    "T57: ESP of an owned SPI that comes from upstream is relayed, never opened",
    async () => {
      const { peer, a } = await twoConnections();
      // The daemon has no ESP for a client that has got no further than a first IKE_SA_INIT.
      const message = ikeMessage({ spiR: 9n, exchange: 37 });
      await a.send(ikeFrame(message));
      const from = await daemonSees(message);
      const watch = await watchMetrics(gateway().api);
      const packet = sealPing(peer);
      await daemon().send(from, packet);
      equal((await a.next()).compare(packet), 0);
      await watch.grows("culvert_esp_packets_total", { direction: "inbound" }, 0);
      await watch.expect({});
    },
  );

  /** A peer with two connections and its path on A; A has delivered the packet `seen` already. */
  async function twoConnections(): Promise<
    { peer: Peer; a: Originator; b: Originator; seen: Buffer }
  > {
    const peer = await addPeer(gateway().api);
    const a = await gateway().connect();
    const b = await gateway().connect();
    const ping = freshPing();
    const seen = sealPing(peer, { ping });
    await a.sendFrames(seen);
    await expectPong(a, peer, ping);
    return { peer, a, b, seen };
  }

  async function daemonSees(message: Buffer): Promise<{ address: string; port: number }> {
    for (;;) {
      const datagram = await daemon().next();
      if (datagram.octets.subarray(4).compare(message) === 0) return datagram;
    }
  }

  function dummy(peer: Peer): Promise<{ status: number }> {
    const path = `/v1/sas/${spiText(peer.outbound.spi)}/dummy`;
    return gateway().api.request("POST", path, { body: { octets: 8 } });
  }

  /** A packet that the gateway sends by itself arrives here: this is the path. */
  async function expectDummyOn(connection: Originator, peer: Peer): Promise<void> {
    equal((await dummy(peer)).status, 202);
    const payload = await connection.next();
    equal(payload.readUInt32BE(0), peer.outbound.spi);
  }
});

describe("lanes", () => {
  const gateway = useGateway(["--lanes", "4"]);

  scenario("T58: copies on several connections of several lanes are delivered once", async () => {
    const peer = await addPeer(gateway().api);
    const connections = await Promise.all(Array.from({ length: 8 }, () => gateway().connect()));
    const watch = await watchMetrics(gateway().api);
    const count = 50;
    for (let i = 0; i < count; i++) {
      const packet = sealPing(peer);
      await Promise.all(connections.map((connection) => connection.sendFrames(packet)));
    }
    const copies = count * (connections.length - 1);
    await watch.expect({ drops: { seq_replayed: copies } });
    await watch.grows("culvert_frames_total", { direction: "outbound", kind: "esp" }, count);
  });

  scenario(
    "T58: one peer's packets may come on any lane, and the answer leaves where they came",
    async () => {
      const peer = await addPeer(gateway().api);
      const connections = await Promise.all(Array.from({ length: 8 }, () => gateway().connect()));
      let last = 0n;
      for (let round = 0; round < 3; round++) {
        for (const connection of connections) {
          const { seq } = await expectEcho(connection, peer);
          equal(seq, last + 1n);
          last = seq;
        }
      }
    },
  );

  scenario(
    "T52: a path that moves away mid-flood never sends to the old connection's successor",
    async () => {
      const peer = await addPeer(gateway().api);
      const other = await addPeer(gateway().api);
      for (let round = 0; round < 20; round++) {
        const connection = await gateway().connect();
        for (let i = 0; i < 8; i++) await sendPing(connection, peer);
        connection.reset();
        const successor = await gateway().connect();
        await expectEcho(successor, other);
        equal(successor.waiting(), 0);
        successor.close();
      }
    },
  );
});
