// The small parts of the tests' own originator: an error here would be an error of every black-box
// test.

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { createFrameReader, EMPTY, frame, ikeFrame, ikeMessage, KEEPALIVE } from "./frames.ts";
import { parseListening } from "./gateway.ts";
import { addressOctets, parsePacket, pingPacket, udpPacket } from "./inner_packet.ts";
import { parseMetrics, sample } from "./metrics.ts";
import { randomKey } from "./peers.ts";
import { findSecret } from "./secrets.ts";

test("frame() counts its own Length field (RFC 9329 §3)", () => {
  equal(frame(Buffer.alloc(96)).subarray(0, 2).toString("hex"), "0062");
  equal(ikeFrame(ikeMessage()).subarray(0, 14).toString("hex"), "0022000000000102030405060708");
  equal(frame(Buffer.of(0xff)).compare(KEEPALIVE), 0);
  equal(frame(Buffer.alloc(0)).compare(EMPTY), 0);
});

test("createFrameReader() finds the same payloads whatever the segments", () => {
  const payloads = [Buffer.from("one"), Buffer.alloc(0), Buffer.alloc(300, 7), Buffer.of(0xff)];
  const stream = Buffer.concat(payloads.map(frame));
  for (const size of [1, 2, 3, 5, 64, stream.length]) {
    const reader = createFrameReader();
    const got: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) {
      got.push(...reader.push(stream.subarray(at, at + size)));
    }
    deepEqual(got.map(String), payloads.map(String));
    equal(reader.pendingLen(), 0);
  }
  throws(() => createFrameReader().push(Buffer.of(0, 1)), RangeError);
});

test("pingPacket() and udpPacket() have right lengths and checksums, in both families", () => {
  const v4 = { source: "198.51.100.5", destination: "192.0.2.5" };
  const v6 = { source: "2001:db8::1", destination: "2001:db8:0:1::2" };
  for (const ends of [v4, v6]) {
    for (const data of [Buffer.alloc(0), Buffer.from("odd"), Buffer.alloc(1200, 3)]) {
      for (const packet of [pingPacket(ends, { data }), udpPacket(ends, { data })]) {
        const parsed = parsePacket(packet);
        ok(parsed.isIntact);
        deepEqual([parsed.source, parsed.destination], [ends.source, ends.destination]);
        packet.writeUInt8(packet.readUInt8(packet.length - 1) ^ 1, packet.length - 1);
        ok(!parsePacket(packet).isIntact);
      }
    }
  }
  equal(addressOctets("fd93:29::1").toString("hex"), "fd930029000000000000000000000001");
});

test("findSecret() finds a key in either hex case, inside other text, and as a list of numbers", () => {
  const key = randomKey(20);
  const hex = key.toString("hex");
  for (const text of [hex, hex.toUpperCase(), `x="${hex.slice(6)}"`, `[${[...key].join(", ")}]`]) {
    ok(!(findSecret(`before ${text} after`) === undefined), text);
  }
  equal(
    findSecret(`spi 0x${hex.slice(0, 8)} and ${"00".repeat(40)} [1,2,3,4,5,6,7,8,9]`),
    undefined,
  );
});

test("parseListening() reads IPv6 in brackets, several listeners, and an API that is off", () => {
  deepEqual(parseListening("listening tcp=127.0.0.1:4500 tcp=[::1]:4501 api=off"), {
    tcp: [{ host: "127.0.0.1", port: 4500 }, { host: "::1", port: 4501 }],
    api: { host: "off", port: 0 },
  });
});

test("parseMetrics() knows labels in any order and refuses what is no sample", () => {
  const samples = parseMetrics('# HELP a b\na_total{y="2",x="1"} 5\nb 0.5\n');
  equal(sample(samples, "a_total", { x: "1", y: "2" }), 5);
  equal(sample(samples, "b"), 0.5);
  equal(sample(samples, "c"), 0);
  throws(() => parseMetrics("a b c"), RangeError);
});
