// RFC 4303 §3.4: which packets are opened, and which are dropped, under which name and in which
// order.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { describe } from "node:test";
import { expectEcho, expectPong, freshPing, sealPing, sendPing } from "../support/echo.ts";
import { countingPadding, forgeEsp, NEXT_HEADER_NONE, openEsp, sealEsp } from "../support/esp.ts";
import { frame } from "../support/frames.ts";
import { ipPacket, parsePacket, PROTOCOL_UDP, udpPacket } from "../support/inner_packet.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer, type Peer, type PeerOptions } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";

const ECHOES = ["--inner", "echo:10.93.29.1", "--inner", "echo:fd93:29::1"];
const NO_LIMIT = ["--suspect-limit", "1000000"];

describe("ESP inbound", () => {
  const gateway = useGateway([...ECHOES, ...NO_LIMIT]);

  const ciphers: readonly (readonly [string, PeerOptions])[] = [
    ["AES-128-GCM-16", { keyLen: 16 }],
    ["AES-192-GCM-16", { keyLen: 24 }],
    ["AES-256-GCM-16", { keyLen: 32 }],
    ["ChaCha20-Poly1305", { aead: "chacha20-poly1305" }],
  ];
  for (const [name, options] of ciphers) {
    for (const esn of [false, true]) {
      scenario(
        `A1 to A4: ${name} ${esn ? "with" : "without"} ESN opens and seals every length`,
        async () => {
          const peer = await addPeer(gateway().api, { ...options, esn });
          const watch = await watchMetrics(gateway().api);
          const connection = await gateway().connect();
          const lens = [0, 1, 2, 3, 4, 15, 16, 17, 63, 64, 65, 127, 128, 129, 576, 1300];
          for (const len of lens) {
            const ping = { ...freshPing(), data: randomBytes(len) };
            await sendPing(connection, peer, { ping });
            await expectPong(connection, peer, ping);
          }
          await watch.expect({});
          const labels = { direction: "inbound" };
          await watch.grows("culvert_esp_packets_total", labels, lens.length);
        },
      );
    }
  }

  scenario(
    "E8, E38: IPv6 inside goes the same way, and so does UDP echo in both families",
    async () => {
      for (const isV6 of [false, true]) {
        const peer = await addPeer(gateway().api, { isV6 });
        const connection = await gateway().connect();
        await expectEcho(connection, peer);
        const data = randomBytes(333);
        await connection.sendFrames(sealEsp(peer.inbound, udpPacket(peer.ends, { data })));
        const opened = openEsp(peer.outbound, await connection.next());
        equal(opened?.nextHeader, isV6 ? 41 : 4);
        const got = parsePacket(opened?.inner ?? Buffer.alloc(0));
        ok(got.isIntact);
        deepEqual([got.source, got.destination], [peer.ends.destination, peer.ends.source]);
        deepEqual([got.payload.readUInt16BE(0), got.payload.readUInt16BE(2)], [7, 40_000]);
        deepEqual(got.payload.subarray(8), data);
      }
    },
  );

  scenario(
    "E2, E6, E7, A6: what leaves counts from 1, pads 1, 2, 3 to four octets, and never repeats an IV",
    async () => {
      const peer = await addPeer(gateway().api);
      const connection = await gateway().connect();
      const ivs = new Set<string>();
      for (let n = 1; n <= 12; n++) {
        const ping = { ...freshPing(), data: Buffer.alloc(n) };
        await sendPing(connection, peer, { ping });
        const { seq, iv, padding, inner } = await expectPong(connection, peer, ping);
        equal(seq, BigInt(n));
        deepEqual(padding, countingPadding(padding.length));
        ok(padding.length < 4);
        equal((inner.length + padding.length + 2) % 4, 0);
        ivs.add(iv.toString("hex"));
      }
      equal(ivs.size, 12);
    },
  );

  scenario("A6: any IV of the peer's is taken", async () => {
    const peer = await addPeer(gateway().api);
    const connection = await gateway().connect();
    for (let i = 0; i < 5; i++) {
      const ping = freshPing();
      await sendPing(connection, peer, { ping, seal: { iv: randomBytes(8) } });
      await expectPong(connection, peer, ping);
    }
  });

  scenario("E25: a packet is delivered once: its copies are SeqReplayed", async () => {
    const { peer, watch, connection } = await start();
    const ping = freshPing();
    const packet = sealPing(peer, { ping });
    await connection.sendFrames(packet, packet, packet);
    await expectPong(connection, peer, ping);
    await expectEcho(connection, peer);
    await watch.expect({ drops: { seq_replayed: 2 } });
  });

  for (const window of [32, 64, 128, 1024, 4096]) {
    scenario(`E23, E25: a window of ${window} has exactly its edges`, async () => {
      const peer = await addPeer(gateway().api, { inbound: { replayWindow: window } });
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const top = 10_000n;
      await sendPing(connection, peer, { seal: { seq: top } });
      await connection.next();
      const edge = top - BigInt(window) + 1n;
      const inside = freshPing();
      await sendPing(connection, peer, { seal: { seq: edge - 1n } });
      await sendPing(connection, peer, { ping: inside, seal: { seq: edge } });
      await sendPing(connection, peer, { seal: { seq: edge } });
      await expectPong(connection, peer, inside);
      peer.inbound.seq = top;
      await expectEcho(connection, peer);
      await watch.expect({ drops: { seq_stale: 1, seq_replayed: 1 } });
    });
  }

  scenario("E25: reordered packets inside the window are all delivered", async () => {
    const { peer, watch, connection } = await start();
    const pings = Array.from({ length: 64 }, freshPing);
    const packets = pings.map((ping) => sealPing(peer, { ping }));
    await connection.sendFrames(...packets.toReversed());
    for (const ping of pings.toReversed()) await expectPong(connection, peer, ping);
    await watch.expect({});
  });

  scenario("E28: with a window of 0 copies pass and numbers are still counted", async () => {
    const peer = await addPeer(gateway().api, { inbound: { replayWindow: 0 } });
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const ping = freshPing();
    const packet = sealPing(peer, { ping });
    await connection.sendFrames(packet, packet);
    await expectPong(connection, peer, ping);
    await expectPong(connection, peer, ping);
    await watch.expect({});
  });

  scenario("E26: number 0 is SeqZero, though its ICV is right", async () => {
    const { peer, watch, connection } = await start();
    await sendPing(connection, peer, { seal: { seq: 0n } });
    await expectEcho(connection, peer);
    await watch.expect({ drops: { seq_zero: 1 } });
  });

  scenario("E24: a forged packet far ahead does not move the window", async () => {
    const { peer, watch, connection } = await start();
    await expectEcho(connection, peer);
    await connection.sendFrames(forgeEsp(peer.inbound, 0x7fff_ffff));
    await expectEcho(connection, peer);
    await watch.expect({ drops: { icv_mismatch: 1 } });
  });

  scenario("A4: one changed bit anywhere, header and IV included, is IcvMismatch", async () => {
    const { peer, watch, connection } = await start();
    const packet = sealPing(peer, { seal: { seq: 500n } });
    const places = [7, 8, 15, 16, 17, packet.length - 17, packet.length - 16, packet.length - 1];
    for (const at of places) {
      const changed = Buffer.from(packet);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at);
      await connection.sendFrames(changed);
    }
    await expectEcho(connection, peer);
    await watch.expect({ drops: { icv_mismatch: places.length } });
  });

  scenario("A5: a shorter tag is no tag", async () => {
    const { peer, watch, connection } = await start();
    const packet = sealPing(peer, { seal: { seq: 500n } });
    for (const cut of [1, 4, 8, 12]) await connection.sendFrames(packet.subarray(0, -cut));
    await expectEcho(connection, peer);
    const short = await watch.grown("culvert_drops_total", { reason: "esp_short" });
    const forged = await watch.grown("culvert_drops_total", { reason: "icv_mismatch" });
    equal(short + forged, 4);
  });

  /** Starts where a peer with default options has one connection and nothing has been counted. */
  async function start(): Promise<{
    peer: Peer;
    watch: Awaited<ReturnType<typeof watchMetrics>>;
    connection: Awaited<ReturnType<ReturnType<typeof gateway>["connect"]>>;
  }> {
    const peer = await addPeer(gateway().api);
    const connection = await gateway().connect();
    return { peer, connection, watch: await watchMetrics(gateway().api) };
  }
});

describe("after authentication", () => {
  const gateway = useGateway([...ECHOES, ...NO_LIMIT]);

  scenario("E33: a dummy packet is dropped without a word, and its copy is a replay", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const dummy = sealEsp(peer.inbound, Buffer.alloc(16), { nextHeader: NEXT_HEADER_NONE });
    await connection.sendFrames(dummy, dummy);
    await expectEcho(connection, peer);
    await watch.expect({ drops: { dummy_packet: 1, seq_replayed: 1 } });
  });

  scenario("E33: a dummy packet may be empty", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const dummy = sealEsp(peer.inbound, Buffer.alloc(0), { nextHeader: NEXT_HEADER_NONE });
    await connection.sendFrames(dummy);
    await expectEcho(connection, peer);
    await watch.expect({ drops: { dummy_packet: 1 } });
  });

  scenario("E10, E34: TFC padding behind the inner packet is left out", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (const tfcLen of [1, 44, 1000]) {
      const ping = freshPing();
      await sendPing(connection, peer, { ping, seal: { tfcLen } });
      const { inner } = await expectPong(connection, peer, ping);
      equal(inner.length, 20 + 8 + 56);
    }
    await watch.expect({});
  });

  scenario("E6: padding of any length up to 255 is taken when it counts from 1", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (const len of [2, 6, 254]) {
      const ping = freshPing();
      await sendPing(connection, peer, { ping, seal: { padding: countingPadding(len) } });
      await expectPong(connection, peer, ping);
    }
    await watch.expect({});
  });

  scenario("E31: a pad length beyond the plaintext is PadLengthInvalid", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.sendFrames(sealEsp(peer.inbound, Buffer.alloc(20, 0x45), { padLen: 255 }));
    await expectEcho(connection, peer);
    await watch.expect({ drops: { pad_length_invalid: 1 } });
  });

  scenario("E32: padding that does not count 1, 2, 3 is PadOctetsInvalid", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const wrong = [Buffer.alloc(2), Buffer.of(1, 3), Buffer.of(2, 1), Buffer.of(1, 2, 3, 4, 5, 7)];
    for (const padding of wrong) await sendPing(connection, peer, { seal: { padding } });
    await expectEcho(connection, peer);
    await watch.expect({ drops: { pad_octets_invalid: wrong.length } });
  });

  scenario("E8: a next header that is no IP is NextHeaderUnknown", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (const nextHeader of [0, 1, 6, 17, 50, 255]) {
      await sendPing(connection, peer, { seal: { nextHeader } });
    }
    await expectEcho(connection, peer);
    await watch.expect({ drops: { next_header_unknown: 6 } });
  });

  const malformed: readonly (readonly [string, (packet: Buffer) => Buffer, number?])[] = [
    ["an empty inner packet", () => Buffer.alloc(0), 4],
    ["an inner packet of 19 octets", (packet) => packet.subarray(0, 19)],
    ["version 6 under next header 4", (packet) => changed(packet, 0, 0x65), 4],
    ["version 4 under next header 41", (packet) => packet, 41],
    ["version 5", (packet) => changed(packet, 0, 0x55), 4],
    ["a header of 16 octets", (packet) => changed(packet, 0, 0x44)],
    ["a header longer than the packet", (packet) => changed(packet.subarray(0, 24), 0, 0x4f)],
    ["a total length beyond the packet", (packet) => changed(packet, 3, packet.length + 1)],
    ["a total length below its header", (packet) => changed(packet, 3, 19)],
  ];
  for (const [name, spoil, nextHeader] of malformed) {
    scenario(`E34: ${name} is InnerInvalid`, async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const inner = spoil(udpPacket(peer.ends, { data: Buffer.alloc(40) }));
      const packet = sealEsp(peer.inbound, inner, nextHeader === undefined ? {} : { nextHeader });
      await connection.sendFrames(packet);
      await expectEcho(connection, peer);
      await watch.expect({ drops: { inner_invalid: 1 } });
    });
  }

  scenario(
    "E35: an inner source or destination outside the selectors is SelectorMismatch",
    async () => {
      const peer = await addPeer(gateway().api);
      const other = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const { source, destination } = peer.ends;
      const wrong = [
        { source: "10.93.31.1", destination },
        { source: other.ends.source, destination },
        { source, destination: "10.93.30.1" },
        { source: destination, destination: source },
      ];
      for (const ends of wrong) {
        const inner = ipPacket(ends, PROTOCOL_UDP, Buffer.alloc(16));
        await connection.sendFrames(sealEsp(peer.inbound, inner));
      }
      await expectEcho(connection, peer);
      await watch.expect({ drops: { selector_mismatch: wrong.length } });
    },
  );

  scenario("E35: a packet of the other family is outside too", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const ends = { source: "fd93:30::1", destination: "fd93:29::1" };
    await connection.sendFrames(sealEsp(peer.inbound, udpPacket(ends, { data: Buffer.alloc(8) })));
    await expectEcho(connection, peer);
    await watch.expect({ drops: { selector_mismatch: 1 } });
  });

  scenario("E22: a dropped packet has taken its number, whatever was wrong inside", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const packet = frame(sealPing(peer, { seal: { padding: Buffer.alloc(2) } }));
    await connection.send(packet, packet);
    await expectEcho(connection, peer);
    await watch.expect({ drops: { pad_octets_invalid: 1, seq_replayed: 1 } });
  });
});

function changed(packet: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt8(value, at);
  return copy;
}
