// Limits of an SA (RFC 4301 §4.4.2.1), its removal, its replacement, and dummy packets.

import { deepEqual, equal, ok } from "node:assert/strict";
import { describe } from "node:test";
import { spiText } from "../support/api.ts";
import { expectEcho, expectPong, freshPing, sendPing } from "../support/echo.ts";
import { NEXT_HEADER_NONE, openEsp } from "../support/esp.ts";
import { type EventData, openEvents } from "../support/events.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer, makePeer, type Peer, rekeyed } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";
import { settle, sleep } from "../support/wait.ts";

describe("SA limits", () => {
  const gateway = useGateway(["--suspect-limit", "1000000"]);

  scenario(
    "E50, E51: hardPackets inbound: the packet after the last allowed one is SaExpired",
    async () => {
      const peer = await addPeer(gateway().api, { inbound: { softPackets: 2, hardPackets: 3 } });
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      for (let i = 0; i < 3; i++) await expectEcho(connection, peer);
      await sendPing(connection, peer);
      await sendPing(connection, peer);
      await watch.expect({ drops: { sa_expired: 2, seq_soft_limit: 1 } });
      await untilGone(peer, "inbound");
      equal(connection.waiting(), 0);
      ok(connection.isOpen());
    },
  );

  scenario(
    "E51: an SA at its hard limit leaves by itself: told, its place and its prefix are free",
    async () => {
      const events = await openEvents(gateway().api);
      const one = await addPeer(gateway().api, { both: { hardPackets: 2 } });
      const connection = await gateway().connect();
      const before = await sasCount();
      await expectEcho(connection, one);
      await expectEcho(connection, one);
      await sendPing(connection, one);
      await untilGone(one, "inbound");
      // The outbound SA has used up its packets, but has not been asked for one more.
      equal(await saState(one, "outbound"), "soft");
      equal(await sasCount(), before - 1);
      const isInbound = ({ spi }: EventData): boolean => spi === spiText(one.inbound.spi);
      equal((await events.next("sa_expired", isInbound)).measure, "packets");
      equal((await events.next("sa_removed", isInbound)).peer, one.name);
      const { status } = await gateway().api.request(
        "DELETE",
        `/v1/sas/${spiText(one.inbound.spi)}`,
      );
      equal(status, 404);
      await gateway().api.removeSa(one.outbound.spi);
      // Another peer gets the address, and the SPI of the one before.
      const next = { ...one.inboundBody, peer: "next holder" };
      const body = { ...next, keyMaterial: makePeer().inboundBody.keyMaterial };
      equal((await gateway().api.request("POST", "/v1/sas", { body })).status, 201);
      events.close();
    },
  );

  scenario("E51: who hears of sa_expired finds the SA gone, and its SPI free", async () => {
    const events = await openEvents(gateway().api);
    const peer = await addPeer(gateway().api, { inbound: { hardPackets: 1 } });
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await sendPing(connection, peer);
    await events.next("sa_expired", ({ spi }) => spi === spiText(peer.inbound.spi));
    const { keyMaterial } = makePeer().inboundBody;
    const body = { ...peer.inboundBody, keyMaterial };
    equal((await gateway().api.request("POST", "/v1/sas", { body })).status, 201);
    events.close();
  });

  scenario("E51, A7: the key of an SA that has left goes on behind its last number", async () => {
    const peer = await addPeer(gateway().api, { outbound: { hardPackets: 2 } });
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await expectEcho(connection, peer);
    await sendPing(connection, peer);
    await untilGone(peer, "outbound");
    const install = (initialSequence: number): Promise<{ status: number }> =>
      gateway().api.request("POST", "/v1/sas", { body: { ...peer.outboundBody, initialSequence } });
    equal((await install(1)).status, 409);
    equal((await install(2)).status, 201);
    equal((await expectEcho(connection, peer)).seq, 3n);
  });

  scenario("E51: packets that still come for an SA that has left are SaExpired", async () => {
    const peer = await addPeer(gateway().api, { inbound: { hardPackets: 1 } });
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await sendPing(connection, peer);
    await untilGone(peer, "inbound");
    await sendPing(connection, peer);
    await sendPing(connection, peer);
    await watch.expect({ drops: { sa_expired: 3 } });
  });

  scenario(
    "E50: hardPackets outbound, counted from the install and not from the sequence number",
    async () => {
      const peer = await addPeer(gateway().api, {
        outbound: { initialSequence: 1_000_000, softPackets: 1, hardPackets: 2 },
      });
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      equal((await expectEcho(connection, peer)).seq, 1_000_001n);
      equal((await expectEcho(connection, peer)).seq, 1_000_002n);
      await sendPing(connection, peer);
      const name = "culvert_drops_total";
      const drops = await settle(
        async () =>
          (await watch.grown(name, { reason: "sa_expired" })) +
          (await watch.grown(name, { reason: "seq_exhausted" })),
        (count) => count === 1,
      );
      equal(drops, 1);
      equal(connection.waiting(), 0);
    },
  );

  scenario("E50: hardOctets counts what the cipher is applied to, padding included", async () => {
    // A ping of 84 octets is sealed as 88: 84, two of padding, the trailer.
    const peer = await addPeer(gateway().api, { inbound: { hardOctets: 2 * 88 } });
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await expectEcho(connection, peer);
    await sendPing(connection, peer);
    await watch.expect({ drops: { sa_expired: 1, seq_soft_limit: 1 } });
  });

  scenario("E50: hardSeconds ends an SA in both directions", async () => {
    const peer = await addPeer(gateway().api, { both: { hardSeconds: 1 } });
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await sleep(1300);
    await sendPing(connection, peer);
    await watch.expect({ drops: { sa_expired: 1 } });
    equal(connection.waiting(), 0);
  });

  scenario("E51: a soft limit changes the state once and nothing else", async () => {
    const peer = await addPeer(gateway().api, { outbound: { softPackets: 2 } });
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    equal(await saState(peer, "outbound"), "active");
    for (let i = 0; i < 4; i++) await expectEcho(connection, peer);
    equal(await saState(peer, "outbound"), "soft");
    const said = (): number => {
      const lines = gateway().program.stderr().split("\n");
      const spi = spiText(peer.outbound.spi);
      return lines.filter((line) => line.includes(spi) && /soft/.test(line)).length;
    };
    equal(await settle(said, (count) => count === 1), 1);
  });

  // A ping is sealed as 88 octets. The last allowed use of each SA is far beyond its soft limits.
  const soft = { softPackets: 2, softOctets: 3 * 88, softSeconds: 4, hardOctets: 100_000 };
  for (const direction of ["inbound", "outbound"] as const) {
    scenario(
      `E51: packets, octets and seconds have a soft limit each, which warns once: ${direction}`,
      async () => {
        const events = await openEvents(gateway().api);
        const peer = await addPeer(gateway().api, { [direction]: soft });
        const connection = await gateway().connect();
        const isOwn = ({ spi }: EventData): boolean => spi === spiText(peer[direction].spi);
        const nextMeasure = async (): Promise<unknown> =>
          (await events.next("sa_soft_limit", isOwn)).measure;
        for (let i = 0; i < 8; i++) await expectEcho(connection, peer);
        const told = [await nextMeasure(), await nextMeasure(), await nextMeasure()];
        deepEqual(told.toSorted(), ["octets", "packets", "seconds"]);
        for (let i = 0; i < 8; i++) await expectEcho(connection, peer);
        equal(await saState(peer, direction), "soft");
        const lines = gateway().program.stderr().split("\n")
          .filter((line) => line.includes(spiText(peer[direction].spi)) && /soft/.test(line));
        deepEqual(
          lines.map((line) => /measure=(\w+)/.exec(line)?.[1]).toSorted(),
          ["octets", "packets", "seconds"],
        );
        events.close();
      },
    );
  }

  scenario("E51: an SA that has only a small hardSeconds warns half of it before", async () => {
    const events = await openEvents(gateway().api);
    const peer = await addPeer(gateway().api, { inbound: { hardSeconds: 8 } });
    const isOwn = ({ spi }: EventData): boolean => spi === spiText(peer.inbound.spi);
    const soft = await events.next("sa_soft_limit", isOwn);
    equal(soft.measure, "seconds");
    equal((await events.next("sa_expired", isOwn)).measure, "seconds");
    events.close();
  });

  scenario(
    "removing the inbound SA makes its SPI unknown; removing the outbound one leaves no policy",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      await gateway().api.removeSa(peer.outbound.spi);
      await sendPing(connection, peer);
      await watch.expect({ drops: { no_policy: 1 } });
      await gateway().api.removeSa(peer.inbound.spi);
      await sendPing(connection, peer);
      await watch.expect({ drops: { no_policy: 1, unknown_spi: 1 } });
      equal(connection.waiting(), 0);
    },
  );

  function sasCount(): Promise<number> {
    return gateway().api.get("/v1/sas").then((answer) => (answer as { sas: unknown[] }).sas.length);
  }

  async function untilGone(peer: Peer, direction: "inbound" | "outbound"): Promise<void> {
    const path = `/v1/sas/${spiText(peer[direction].spi)}`;
    const { status } = await settle(
      () => gateway().api.request("GET", path),
      ({ status }) => status === 404,
    );
    equal(status, 404);
  }

  async function saState(peer: Peer, direction: "inbound" | "outbound"): Promise<unknown> {
    const sa = await gateway().api.get(`/v1/sas/${spiText(peer[direction].spi)}`);
    return (sa as Record<string, unknown>).state;
  }
});

describe("rekey and dummy packets", () => {
  const gateway = useGateway();

  scenario("a rekey: old and new receive, the newest sends, and the old one may go", async () => {
    const old = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, old);
    const next = rekeyed(old);
    await gateway().api.installSa(next.inboundBody);
    await gateway().api.installSa(next.outboundBody);
    const [first, second] = [freshPing(), freshPing()];
    await sendPing(connection, old, { ping: first });
    await expectPong(connection, next, first);
    await sendPing(connection, next, { ping: second });
    await expectPong(connection, next, second);
    await gateway().api.removeSa(old.inbound.spi);
    await gateway().api.removeSa(old.outbound.spi);
    await expectEcho(connection, next);
    await watch.expect({});
  });

  scenario("removing the newest outbound SA brings the older one back", async () => {
    const old = await addPeer(gateway().api);
    const connection = await gateway().connect();
    const before = await expectEcho(connection, old);
    const next = rekeyed(old);
    await gateway().api.installSa(next.outboundBody);
    const ping = freshPing();
    await sendPing(connection, old, { ping });
    await expectPong(connection, next, ping);
    await gateway().api.removeSa(next.outbound.spi);
    const after = await expectEcho(connection, old);
    equal(after.seq, before.seq + 1n);
  });

  scenario("E9: a dummy packet leaves with next header 59 and takes a number", async () => {
    const peer = await addPeer(gateway().api);
    const connection = await gateway().connect();
    const before = await expectEcho(connection, peer);
    equal((await sendDummy(peer, { octets: 64 })).status, 202);
    const dummy = openEsp(peer.outbound, await connection.next());
    deepEqual([dummy?.nextHeader, dummy?.inner.length], [NEXT_HEADER_NONE, 64]);
    equal(dummy?.seq, before.seq + 1n);
    equal((await expectEcho(connection, peer)).seq, before.seq + 2n);
  });

  scenario(
    "a dummy packet without a path is 409, on an unknown SPI 404, of no octets 422",
    async () => {
      const peer = await addPeer(gateway().api);
      equal((await sendDummy(peer, { octets: 64 })).status, 409);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      equal((await sendDummy(peer, { octets: 0 })).status, 422);
      equal((await sendDummy(peer, { octets: "64" })).status, 422);
      equal((await sendDummy(makePeer(), { octets: 64 })).status, 404);
      connection.close();
      const answer = await settle(
        () => sendDummy(peer, { octets: 64 }),
        ({ status }) => status === 409,
      );
      equal(answer.status, 409);
    },
  );

  function sendDummy(peer: Peer, body: unknown): Promise<{ status: number }> {
    const path = `/v1/sas/${spiText(peer.outbound.spi)}/dummy`;
    return gateway().api.request("POST", path, { body });
  }
});
