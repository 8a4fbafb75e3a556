import assert from "node:assert/strict";
import { test } from "node:test";
import { addressText } from "../model/address.ts";
import { socketAddressText } from "../model/socket_address.ts";
import { LITTLE_ENDIAN } from "./constants.ts";
import { parseAnswer } from "./netlink.ts";
import { emitRouteRequest } from "./routes.ts";
import { emitIfreq, emitSockaddr, parseSockaddr } from "./structs.ts";

const MAPPED = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7]);
const DOCUMENTATION = Uint8Array.from([0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1]);

test("emitSockaddr() lays out IPv4 and IPv6 as the kernel has them", () => {
  assert.deepEqual(
    emitSockaddr({ octets: Uint8Array.from([192, 0, 2, 7]), port: 4500 }),
    Uint8Array.from([2, 0, 0x11, 0x94, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0]),
  );
  assert.deepEqual(
    emitSockaddr({ octets: DOCUMENTATION, port: 443 }),
    Uint8Array.from([10, 0, 1, 0xbb, 0, 0, 0, 0, ...DOCUMENTATION, 0, 0, 0, 0]),
  );
});

test("parseSockaddr() returns what emitSockaddr() was given, from any offset", () => {
  for (const octets of [Uint8Array.from([10, 93, 29, 1]), DOCUMENTATION]) {
    const sockaddr = emitSockaddr({ octets, port: 65_535 });
    const shifted = new Uint8Array(sockaddr.length + 3);
    shifted.set(sockaddr, 3);
    const parsed = parseSockaddr(new DataView(shifted.buffer, 3));
    assert.deepEqual(parsed, { octets, port: 65_535 });
    shifted.fill(0);
    assert.deepEqual(parsed.octets, octets, "the result is a copy");
  }
});

test("parseSockaddr() refuses other families", () => {
  assert.throws(() => parseSockaddr(new DataView(Uint8Array.from([1, 0, 0, 0]).buffer)), {
    name: "RangeError",
    message: "Cannot read a socket address: family 1",
  });
});

test("socketAddressText() has brackets for IPv6 and none for a mapped IPv4 address", () => {
  const port = 4500;
  assert.equal(socketAddressText({ octets: Uint8Array.of(127, 0, 0, 1), port }), "127.0.0.1:4500");
  assert.equal(socketAddressText({ octets: DOCUMENTATION, port }), "[2001:db8::1]:4500");
  assert.equal(socketAddressText({ octets: MAPPED, port }), "192.0.2.7:4500");
  assert.equal(addressText(new Uint8Array(16)), "::");
});

test("emitIfreq() takes names of 1 to 15 octets", () => {
  const octets = emitIfreq("fifteen-octets0", 1400);
  assert.equal(octets.length, 40);
  assert.equal(new DataView(octets.buffer).getInt32(16, LITTLE_ENDIAN), 1400);
  for (const name of ["", "sixteen-octets00"]) {
    assert.throws(() => emitIfreq(name, 0), RangeError);
  }
});

test("emitRouteRequest() lays out header, route, destination, device and table", () => {
  const message = emitRouteRequest({
    type: 24,
    flags: 0x600,
    octets: Uint8Array.of(10, 93, 30, 0),
    bits: 24,
    index: 7,
    table: 0x379af858,
  });
  // deno-fmt-ignore
  assert.deepEqual([...message], [
    52, 0, 0, 0, 24, 0, 0x05, 0x06, 0, 0, 0, 0, 0, 0, 0, 0,
    2, 24, 0, 0, 0, 93, 253, 1, 0, 0, 0, 0,
    8, 0, 1, 0, 10, 93, 30, 0,
    8, 0, 4, 0, 7, 0, 0, 0,
    8, 0, 15, 0, 0x58, 0xf8, 0x9a, 0x37,
  ]);
});

test("parseAnswer() reads errno, and nothing but answers", () => {
  const answer = new DataView(new ArrayBuffer(36));
  answer.setUint16(4, 2, LITTLE_ENDIAN);
  answer.setInt32(16, -17, LITTLE_ENDIAN);
  assert.equal(parseAnswer(answer, 36), 17);
  assert.throws(() => parseAnswer(answer, 19), RangeError);
  answer.setUint16(4, 3, LITTLE_ENDIAN);
  assert.throws(() => parseAnswer(answer, 36), RangeError);
});
