// RFC 9329 §4: the stream prefix, whole, once, first, and only from the originator.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho, expectPong, freshPing, sealPing } from "../support/echo.ts";
import { EMPTY, frame, ikeFrame, ikeMessage, KEEPALIVE, STREAM_PREFIX } from "../support/frames.ts";
import { forgeEsp } from "../support/esp.ts";
import { openEvents } from "../support/events.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer, freshSpi } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";
import { sleep } from "../support/wait.ts";

const NOTHING = Buffer.alloc(0);

describe("stream prefix", () => {
  const gateway = useGateway();

  for (const cut of [1, 2, 3, 4, 5]) {
    scenario(`T11: it may be cut after octet ${cut}`, async () => {
      const peer = await addPeer(gateway().api);
      const connection = await gateway().connect({ opening: NOTHING });
      await connection.sendPieces(STREAM_PREFIX, [cut]);
      await expectEcho(connection, peer);
    });
  }

  scenario("T11: it may come one octet at a time", async () => {
    const peer = await addPeer(gateway().api);
    const connection = await gateway().connect({ opening: NOTHING });
    await connection.sendPieces(STREAM_PREFIX, [1, 1, 1, 1, 1]);
    await expectEcho(connection, peer);
  });

  scenario(
    "T12: what follows it in the same segment is framing, a frame and a half included",
    async () => {
      const peer = await addPeer(gateway().api);
      const [first, second] = [freshPing(), freshPing()];
      const stream = Buffer.concat([
        STREAM_PREFIX,
        frame(sealPing(peer, { ping: first })),
        frame(sealPing(peer, { ping: second })),
      ]);
      const connection = await gateway().connect({ opening: NOTHING });
      await connection.send(stream.subarray(0, stream.length - 50));
      await expectPong(connection, peer, first);
      await connection.send(stream.subarray(stream.length - 50));
      await expectPong(connection, peer, second);
    },
  );

  scenario("T10: the responder never sends it: its first octets are a Length field", async () => {
    const peer = await addPeer(gateway().api);
    const connection = await gateway().connect();
    // A prefix would be read as a Length of 18,763: no reply would ever be whole.
    await expectEcho(connection, peer);
    equal(connection.pendingLen(), 0);
  });

  const wrong: readonly (readonly [string, Uint8Array, string])[] = [
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"), "http"],
    ["a TLS ClientHello", Buffer.from("16030100c4010000c00303", "hex"), "tls"],
    ["a PROXY header", Buffer.from("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), "proxy_v1"],
    ["a binary PROXY header", Buffer.from("0d0a0d0a000d0a515549540a21", "hex"), "proxy_v2"],
    ["an SSH banner", Buffer.from("SSH-2.0-OpenSSH_9.9\r\n"), "ssh"],
    ["IKE without it", ikeFrame(ikeMessage()), "ike_without_prefix"],
    [
      "IKE as on UDP",
      Buffer.concat([Buffer.alloc(4), ikeMessage({ spiI: 1n << 60n })]),
      "udp_encapsulation",
    ],
    ["a wrong last octet", Buffer.from("IKETCQ"), "unknown"],
    ["lower case", Buffer.from("iketcp"), "unknown"],
    ["a terminal's escape sequence", Buffer.from("\u001b[2J\u001b[H"), "unknown"],
    ["six zero octets", Buffer.alloc(6), "unknown"],
    ["one wrong octet alone", Buffer.of(0x4a), "unknown"],
    ["a Length in front", frame(STREAM_PREFIX), "unknown"],
  ];
  for (const [name, opening, got] of wrong) {
    scenario(`T15: ${name} closes the connection, and nothing is sent back`, async () => {
      const watch = await watchMetrics(gateway().api);
      const events = await openEvents(gateway().api);
      const connection = await gateway().connect({ opening });
      await connection.ended();
      equal(connection.receivedLen(), 0);
      await watch.expect({ closes: { prefix_mismatch: 1 } });
      const closed = await events.next("connection_closed");
      const octets = Buffer.from(opening.subarray(0, 6)).toString("hex");
      const { status } = closed;
      deepEqual([status, closed["got"], closed["octets"]], ["prefix_mismatch", got, octets]);
      events.close();
    });
  }

  scenario("T14: authentic ESP without it is not delivered and moves no window", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const ping = freshPing();
    const packet = frame(sealPing(peer, { ping }));
    const without = await gateway().connect({ opening: packet });
    await without.ended();
    equal(without.receivedLen(), 0);
    const connection = await gateway().connect();
    await connection.send(packet);
    await expectPong(connection, peer, ping);
    await watch.expect({ closes: { prefix_mismatch: 1 } });
  });

  scenario("T13: a second one in the same stream is a frame, of Length 18,763", async () => {
    const peer = await addPeer(gateway().api);
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const rest = 0x494b - STREAM_PREFIX.length;
    await connection.send(STREAM_PREFIX, Buffer.alloc(rest, 0x50));
    await expectEcho(connection, peer);
    await watch.expect({ drops: { unknown_spi: 1 } });
  });
});

describe("prefix timer", () => {
  const TIMEOUT_MS = 1200;
  const gateway = useGateway(["--prefix-timeout-ms", String(TIMEOUT_MS)]);

  scenario("T16: a silent connection is closed without a word", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect({ opening: NOTHING });
    await connection.ended();
    equal(connection.receivedLen(), 0);
    await watch.expect({ closes: { prefix_timeout: 1 } });
  });

  scenario("T16: a prefix without a message is closed", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.ended();
    await watch.expect({ closes: { prefix_timeout: 1 } });
  });

  scenario("T16: single octets do not put it off", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect({ opening: NOTHING });
    const startedAt = performance.now();
    for (const octet of STREAM_PREFIX.subarray(0, 5)) {
      await connection.send(Buffer.of(octet));
      await sleep(TIMEOUT_MS / 4);
    }
    await connection.ended();
    const took = performance.now() - startedAt;
    ok(took < 2 * TIMEOUT_MS, `closed after ${took} ms`);
    await watch.expect({ closes: { prefix_timeout: 1 } });
  });

  scenario(
    "T16, T23, T24: keepalives, empty and dropped frames do not count as a message",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const junk = [frame(forgeEsp({ spi: freshSpi() }, 1)), frame(forgeEsp(peer.inbound, 1))];
      const startedAt = performance.now();
      await connection.send(KEEPALIVE, EMPTY, ...junk);
      while (connection.isOpen() && performance.now() - startedAt < 4 * TIMEOUT_MS) {
        await connection.send(KEEPALIVE, EMPTY);
        await sleep(50);
      }
      await connection.ended();
      await watch.expect({
        drops: { unknown_spi: 1, icv_mismatch: 1 },
        closes: { prefix_timeout: 1 },
      });
    },
  );

  scenario("T47: an authentic ESP packet ends it", async () => {
    const peer = await addPeer(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await sleep(TIMEOUT_MS + 300);
    await expectEcho(connection, peer);
  });

  scenario("T16, T53: a replayed ESP packet does not", async () => {
    const peer = await addPeer(gateway().api);
    const first = await gateway().connect();
    const packet = frame(sealPing(peer));
    await first.send(packet);
    await first.next();
    const watch = await watchMetrics(gateway().api);
    const second = await gateway().connect();
    await second.send(packet);
    await second.ended();
    equal(second.receivedLen(), 0);
    ok(first.isOpen());
    await watch.expect({ drops: { seq_replayed: 1 }, closes: { prefix_timeout: 1 } });
  });
});
