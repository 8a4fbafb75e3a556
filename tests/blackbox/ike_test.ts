// IKE passthrough: octet for octet, with one upstream socket for each connection, nothing added and
// nothing lost.

import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { describe } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { CONNECTIONS } from "../../gateway/model/connection.ts";
import { spiText } from "../support/api.ts";
import { expectEcho, sendPing } from "../support/echo.ts";
import { forgeEsp } from "../support/esp.ts";
import { openEvents } from "../support/events.ts";
import {
  EMPTY,
  frame,
  ikeFrame,
  ikeMessage,
  KEEPALIVE,
  MARKER_LEN,
  STREAM_PREFIX,
} from "../support/frames.ts";
import type { Datagram, IkeDaemon } from "../support/ike_daemon.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer, freshSpi } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGatewayWithDaemon } from "../support/use_gateway.ts";
import { connectUrgent } from "../support/urgent.ts";
import { settle, sleep } from "../support/wait.ts";

/** Largest UDP payload over IPv4. */
const DATAGRAM_MAX = 65_507;
const MARKER = Buffer.alloc(MARKER_LEN);

describe("IKE passthrough", () => {
  const { gateway, daemon } = useGatewayWithDaemon(["--suspect-limit", "8"]);

  for (const len of [28, 29, 1280, 3000, 9000, DATAGRAM_MAX - MARKER_LEN]) {
    scenario(`P1, P7, P8: a message of ${len} octets passes both ways unchanged`, async () => {
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const request = ikeMessage({ len });
      await connection.send(ikeFrame(request));
      const seen = await daemon().next();
      equal(Buffer.compare(seen.octets, Buffer.concat([MARKER, request])), 0);
      const response = Buffer.concat([MARKER, ikeMessage({ len, spiR: 99n })]);
      await daemon().send(seen, response);
      equal(Buffer.compare(await connection.next(), response), 0);
      const labels = { direction: "inbound", kind: "ike" };
      await watch.grows("culvert_frames_total", labels, 1);
      await watch.grows("culvert_octets_total", labels, len + MARKER_LEN);
      const back = { direction: "outbound", kind: "ike" };
      await watch.grows("culvert_frames_total", back, 1);
      await watch.grows("culvert_octets_total", back, len + MARKER_LEN);
      await watch.expect({});
    });
  }

  scenario("the address as which the daemon knows a connection leads to it", async () => {
    const connection = await gateway().connect();
    const shown = async (): Promise<unknown> =>
      CONNECTIONS.parse(await gateway().api.get("/v1/connections"))
        .connections.map(({ upstreamLocal }) => upstreamLocal);
    deepEqual(await settle(shown, (all) => isDeepStrictEqual(all, [null])), [null]);
    await connection.send(ikeFrame(ikeMessage()));
    const { address, port } = await daemon().next();
    deepEqual(await shown(), [`${address}:${port}`]);
  });

  scenario(
    "P7: IKE larger than a datagram can be is IkeTooLong, and the next message passes",
    async () => {
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      for (const len of [DATAGRAM_MAX - MARKER_LEN + 1, 65_529]) {
        await connection.send(ikeFrame(ikeMessage({ len })));
      }
      await expectPassed(connection.send(ikeFrame(ikeMessage({ messageId: 5 }))), 5);
      await watch.expect({ drops: { ike_too_long: 2 } });
    },
  );

  scenario("P5: IKE shorter than its header is IkeShort, a point of the score", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    for (const len of [1, 12, 27]) await connection.send(ikeFrame(Buffer.alloc(len, 1)));
    await expectPassed(connection.send(ikeFrame(ikeMessage({ messageId: 6 }))), 6);
    await watch.expect({ drops: { ike_short: 3 } });
    // A message that passes upstream is no proof of anything: the score stands at 3.
    for (let i = 0; i < 5; i++) await connection.send(ikeFrame(Buffer.alloc(27, 1)));
    await connection.ended();
    await watch.expect({ drops: { ike_short: 8 }, closes: { suspect_limit: 1 } });
  });

  scenario(
    "T71: a datagram from upstream resets the score, an upstream keepalive does not",
    async () => {
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      await connection.send(ikeFrame(ikeMessage()));
      const from = await daemon().next();
      const short = ikeFrame(Buffer.alloc(20, 1));
      for (let round = 0; round < 3; round++) {
        await connection.send(...Array.from({ length: 7 }, () => short));
        await watch.grows("culvert_drops_total", { reason: "ike_short" }, 7 * (round + 1));
        await daemon().send(from, Buffer.concat([MARKER, ikeMessage()]));
        await connection.next();
      }
      await connection.send(...Array.from({ length: 7 }, () => short));
      await watch.grows("culvert_drops_total", { reason: "ike_short" }, 28);
      await daemon().send(from, Buffer.of(0xff));
      await sleep(100);
      await connection.send(short);
      await connection.ended();
      await watch.expect({ drops: { ike_short: 29 }, closes: { suspect_limit: 1 } });
    },
  );

  const opaque: readonly (readonly [string, Buffer])[] = [
    ["T8: IKEv1", ikeMessage({ version: 0x10 })],
    ["T50: an IKE_SA_INIT with another SPIi", ikeMessage({ spiI: 77n })],
    ["P5: SPIi 0", ikeMessage({ spiI: 0n })],
    ["P6: an inner Length that is not the frame's", ikeMessage({ len: 60 }).fill(0xff, 24, 28)],
    ["T62: rubbish behind the header", Buffer.concat([ikeMessage(), randomBytes(500)])],
    ["T106: an IKE fragment (SKF)", ikeMessage({ len: 300, nextPayload: 53, spiR: 1n })],
    ["T96: an empty INFORMATIONAL", ikeMessage({ exchange: 37, spiR: 1n, len: 57 })],
  ];
  for (const [name, message] of opaque) {
    scenario(`${name} passes as it is`, async () => {
      const connection = await gateway().connect();
      await connection.send(ikeFrame(message));
      const { octets } = await daemon().next();
      equal(Buffer.compare(octets, Buffer.concat([MARKER, message])), 0);
    });
  }

  scenario(
    "T50: a second IKE SA on a live one's connection passes, and is told once with its connection",
    async () => {
      const events = await openEvents(gateway().api);
      const connection = await gateway().connect();
      const opened = await events.next("connection_opened");
      const messages = [
        ikeMessage({ spiI: 1n }),
        ikeMessage({ spiI: 1n, spiR: 9n, exchange: 35 }),
        ikeMessage({ spiI: 2n }),
        ikeMessage({ spiI: 3n }),
      ];
      for (const message of messages) {
        await connection.send(ikeFrame(message));
        const { octets } = await daemon().next();
        equal(Buffer.compare(octets, Buffer.concat([MARKER, message])), 0);
      }
      const { at: _, ...told } = await events.next("ike_shared");
      const { connection: id, remote, local } = opened;
      deepEqual(told, { connection: id, remote, local });
      connection.close();
      // Nothing more of it comes before the close.
      await events.next("connection_closed", (data) => data.connection === id);
      // The log is a stream of its own, and may be later than the events.
      const lines = (): number => gateway().program.stderr().split(" ike_shared ").length - 1;
      equal(await settle(lines, (count) => count > 0), 1);
      events.close();
    },
  );

  scenario("urgent octets are octets of the stream, and hold nothing up behind them", async () => {
    const peer = connectUrgent(gateway().tcp[0]?.port ?? 0);
    const messages = [1n, 2n, 3n].map((spiI) => ikeMessage({ spiI, len: 100 }));
    const [first, second, third] = messages.map((message) => ikeFrame(message));
    ok(first !== undefined && second !== undefined && third !== undefined);
    peer.send(Buffer.concat([STREAM_PREFIX, first]));
    const seen = [(await daemon().next()).octets];
    // All of it is there when the lane looks again: a read ends at the urgent octet, and no edge
    // follows.
    gateway().program.kill("SIGSTOP");
    peer.send(second.subarray(0, 40));
    peer.sendUrgent(second.subarray(40, 41));
    peer.send(Buffer.concat([second.subarray(41), third]));
    gateway().program.kill("SIGCONT");
    while (seen.length < messages.length) seen.push((await daemon().next()).octets);
    deepEqual(seen, messages.map((message) => Buffer.concat([MARKER, message])));
    peer.close();
  });

  for (
    const [name, notify] of [["INVALID_KE_PAYLOAD", 17], ["INVALID_MAJOR_VERSION", 5]] as const
  ) {
    scenario(
      `T84: after ${name} the retry passes, on the same connection and on a new one`,
      async () => {
        const connection = await gateway().connect();
        const request = ikeMessage({ spiI: 42n, len: 200 });
        await connection.send(ikeFrame(request));
        const refusal = Buffer.concat([
          MARKER,
          ikeMessage({ spiI: 42n, nextPayload: 41, len: 36 }),
        ]);
        refusal.writeUInt16BE(notify, MARKER_LEN + 34);
        await daemon().send(await daemon().next(), refusal);
        equal(Buffer.compare(await connection.next(), refusal), 0);
        for (const again of [connection, await gateway().connect()]) {
          await again.send(ikeFrame(request));
          const from = await daemon().next();
          equal(Buffer.compare(from.octets, Buffer.concat([MARKER, request])), 0);
          const answer = Buffer.concat([MARKER, ikeMessage({ spiI: 42n, spiR: 7n })]);
          await daemon().send(from, answer);
          equal(Buffer.compare(await again.next(), answer), 0);
        }
        ok(connection.isOpen());
      },
    );
  }

  scenario("T73, T101: the same message twice passes twice", async () => {
    const connection = await gateway().connect();
    const message = ikeFrame(ikeMessage({ messageId: 3 }));
    await connection.send(message, message);
    const [one, two] = [await daemon().next(), await daemon().next()];
    equal(Buffer.compare(one.octets, two.octets), 0);
  });

  scenario("P8, T76: five hundred messages each way, many at once, keep their order", async () => {
    const connection = await gateway().connect();
    // As many at once as the kernel's own buffers hold, whatever their size.
    const atOnce = 50;
    for (let first = 0; first < 500; first += atOnce) {
      const messages = Array.from(
        { length: atOnce },
        (_, i) => ikeMessage({ messageId: first + i }),
      );
      await connection.send(...messages.map(ikeFrame));
      let from: Datagram | undefined;
      for (const message of messages) {
        from = await daemon().next();
        equal(Buffer.compare(from.octets.subarray(MARKER_LEN), message), 0);
      }
      for (const message of messages) {
        if (from !== undefined) await daemon().send(from, Buffer.concat([MARKER, message]));
      }
      for (const message of messages) {
        equal(Buffer.compare((await connection.next()).subarray(MARKER_LEN), message), 0);
      }
    }
  });

  scenario("P2, T54: two connections have a socket each: equal SPIs do not cross", async () => {
    const [a, b] = [await gateway().connect(), await gateway().connect()];
    await a.send(ikeFrame(ikeMessage({ messageId: 1 })));
    const fromA = await daemon().next();
    await b.send(ikeFrame(ikeMessage({ messageId: 2 })));
    const fromB = await daemon().next();
    notEqual(fromA.port, fromB.port);
    const toA = Buffer.concat([MARKER, ikeMessage({ messageId: 11 })]);
    const toB = Buffer.concat([MARKER, ikeMessage({ messageId: 12 })]);
    await daemon().send(fromB, toB);
    await daemon().send(fromA, toA);
    equal(Buffer.compare(await a.next(), toA), 0);
    equal(Buffer.compare(await b.next(), toB), 0);
    deepEqual([a.waiting(), b.waiting()], [0, 0]);
  });

  scenario("T93, P11: an upstream keepalive is absorbed and counts as nothing", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.send(ikeFrame(ikeMessage()));
    const from = await daemon().next();
    await daemon().send(from, Buffer.of(0xff));
    const message = Buffer.concat([MARKER, ikeMessage()]);
    await daemon().send(from, message);
    equal(Buffer.compare(await connection.next(), message), 0);
    equal(connection.receivedLen(), message.length + 2);
    await watch.grows("culvert_frames_total", { direction: "outbound", kind: "keepalive" }, 0);
    await watch.expect({});
  });

  scenario("what comes from upstream and is too short for IKE is dropped", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.send(ikeFrame(ikeMessage()));
    const from = await daemon().next();
    await daemon().send(from, Buffer.concat([MARKER, Buffer.alloc(27, 1)]));
    const message = Buffer.concat([MARKER, ikeMessage()]);
    await daemon().send(from, message);
    equal(Buffer.compare(await connection.next(), message), 0);
    await watch.expect({ drops: { ike_short: 1 } });
  });

  scenario("7.9: the golden stream has exactly its events", async () => {
    const watch = await watchMetrics(gateway().api);
    const stream = Buffer.from(
      "494b455443500022000000000102030405060708000000000000000021202208000000000000001c" +
        "0003ff0002000a1122334400000001",
      "hex",
    );
    const connection = await gateway().connect({ opening: Buffer.alloc(0) });
    await connection.sendPieces(stream, Array.from({ length: stream.length }, () => 1));
    const { octets } = await daemon().next();
    equal(octets.toString("hex"), stream.subarray(8, 40).toString("hex"));
    await watch.grows("culvert_drops_total", { reason: "esp_short" }, 1);
    for (const kind of ["ike", "keepalive", "empty"]) {
      await watch.grows("culvert_frames_total", { direction: "inbound", kind }, 1);
    }
    await connection.send(Buffer.of(0, 0));
    await connection.ended();
    equal(connection.receivedLen(), 0);
    await watch.expect({ drops: { esp_short: 1 }, closes: { frame_length_invalid: 1 } });
  });

  /** The daemon's next datagram must be the message of this number. */
  async function expectPassed(sent: Promise<void>, messageId: number): Promise<void> {
    await sent;
    const { octets } = await daemon().next();
    equal(octets.readUInt32BE(MARKER_LEN + 20), messageId);
  }
});

describe("ESP relay", () => {
  const { gateway, daemon } = useGatewayWithDaemon(["--prefix-timeout-ms", "700"]);

  scenario("P10: ESP of an unknown SPI is relayed both ways unopened, with no marker", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const up = forgeEsp({ spi: freshSpi() }, 1, 333);
    await connection.sendFrames(up);
    const from = await daemon().next();
    equal(Buffer.compare(from.octets, up), 0);
    const down = forgeEsp({ spi: freshSpi() }, 1, 1000);
    await daemon().send(from, down);
    equal(Buffer.compare(await connection.next(), down), 0);
    const frames = "culvert_frames_total";
    await watch.grows(frames, { direction: "inbound", kind: "esp" }, 1);
    await watch.grows(frames, { direction: "outbound", kind: "esp" }, 1);
    await watch.expect({});
  });

  scenario(
    "P10: ESP of other suites is relayed both ways, as short as RFC 4303 allows",
    async () => {
      const watch = await watchMetrics(gateway().api);
      const connection = await gateway().connect();
      const whole = forgeEsp({ spi: freshSpi() }, 1, 100);
      for (const len of [12, 16, 20, 24, 28, 32, 35, 36]) {
        const packet = whole.subarray(0, len);
        await connection.sendFrames(packet);
        const from = await daemon().next();
        equal(Buffer.compare(from.octets, packet), 0, `${len} octets to the daemon`);
        await daemon().send(from, packet);
        equal(Buffer.compare(await connection.next(), packet), 0, `${len} octets from it`);
      }
      await connection.sendFrames(whole.subarray(0, 11));
      await watch.expect({ drops: { esp_short: 1 } });
      equal(daemon().waiting(), 0);
    },
  );

  scenario("E51: ESP of an SA that has left at its limit is not the daemon's", async () => {
    const peer = await addPeer(gateway().api, { inbound: { hardPackets: 1 } });
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await sendPing(connection, peer);
    const path = `/v1/sas/${spiText(peer.inbound.spi)}`;
    const gone = await settle(
      () => gateway().api.request("GET", path),
      ({ status }) => status === 404,
    );
    equal(gone.status, 404);
    // More than the corruption score allows.
    for (let i = 0; i < 100; i++) await sendPing(connection, peer);
    await watch.expect({ drops: { sa_expired: 101 } });
    const others = forgeEsp({ spi: freshSpi() }, 1);
    await connection.sendFrames(others);
    equal(Buffer.compare((await daemon().next()).octets, others), 0);
    equal(daemon().waiting(), 0);
    ok(connection.isOpen());
  });

  scenario("T60: with an upstream, unknown SPIs are no corruption", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    const packets = Array.from({ length: 200 }, (_, i) => forgeEsp({ spi: freshSpi() }, i + 1));
    await connection.sendFrames(...packets);
    for (const packet of packets) {
      equal(Buffer.compare((await daemon().next()).octets, packet), 0);
    }
    ok(connection.isOpen());
    await watch.expect({});
  });

  scenario("ESP larger than a datagram can be is EspTooLong", async () => {
    const watch = await watchMetrics(gateway().api);
    const connection = await gateway().connect();
    await connection.sendFrames(forgeEsp({ spi: freshSpi() }, 1, DATAGRAM_MAX - 31));
    const largest = forgeEsp({ spi: freshSpi() }, 1, DATAGRAM_MAX - 32);
    equal(largest.length, DATAGRAM_MAX);
    await connection.sendFrames(largest);
    equal(Buffer.compare((await daemon().next()).octets, largest), 0);
    await watch.expect({ drops: { esp_too_long: 1 } });
  });

  scenario(
    "ESP of an installed SPI is opened here, that of the next SPI relayed, in one stream",
    async () => {
      const peer = await addPeer(gateway().api);
      const connection = await gateway().connect();
      for (let i = 1; i <= 20; i++) {
        const packet = forgeEsp({ spi: (peer.inbound.spi ^ 0x4000_0000) >>> 0 }, i);
        await connection.send(
          frame(packet),
          EMPTY,
          ikeFrame(ikeMessage({ messageId: i })),
          KEEPALIVE,
        );
        await expectEcho(connection, peer);
        equal(Buffer.compare((await daemon().next()).octets, packet), 0);
        equal((await daemon().next()).octets.readUInt32BE(MARKER_LEN + 20), i);
      }
    },
  );

  scenario("T16: a message passed or relayed upstream ends the prefix timer", async () => {
    const [a, b] = [await gateway().connect(), await gateway().connect()];
    const idle = await gateway().connect();
    await a.send(ikeFrame(ikeMessage()));
    await b.sendFrames(forgeEsp({ spi: freshSpi() }, 1));
    await idle.ended();
    await sleep(200);
    deepEqual([a.isOpen(), b.isOpen()], [true, true]);
    await drainDaemon(daemon(), 2);
  });
});

describe("upstream source", () => {
  const { gateway, daemon } = useGatewayWithDaemon(["--upstream-source", "127.64.0.0/16"]);

  scenario(
    "T82: one address of the prefix for each client address, one port for each connection",
    async () => {
      const seen = new Map<string, Datagram[]>();
      for (const localAddress of ["127.0.0.1", "127.0.0.2", "127.0.0.3"]) {
        const datagrams: Datagram[] = [];
        for (let i = 0; i < 2; i++) {
          const connection = await gateway().connect({ localAddress });
          await connection.send(ikeFrame(ikeMessage()));
          const datagram = await daemon().next();
          datagrams.push(datagram);
          const answer = Buffer.concat([MARKER, ikeMessage({ spiR: 5n })]);
          await daemon().send(datagram, answer);
          equal(Buffer.compare(await connection.next(), answer), 0);
        }
        seen.set(localAddress, datagrams);
      }
      const addresses = new Set<string>();
      for (const [one, two] of seen.values()) {
        equal(one?.address, two?.address);
        notEqual(one?.port, two?.port);
        ok(one?.address.startsWith("127.64."));
        addresses.add(one?.address ?? "");
      }
      equal(addresses.size, 3);
      const { connections } = CONNECTIONS.parse(await gateway().api.get("/v1/connections"));
      const known = connections.map(({ local, upstreamLocal }) => [local, upstreamLocal].join());
      const { host, port } = gateway().tcp[0] ?? { host: "", port: 0 };
      deepEqual(
        known.sort(),
        [...seen.values()].flat().map((each) => `${host}:${port},${each.address}:${each.port}`)
          .sort(),
      );
    },
  );
});

async function drainDaemon(daemon: IkeDaemon, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await daemon.next();
}
