import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  isLoopback,
  isUnicast,
  parseAddress,
  parsePrefix,
  parseSocketAddress,
  socketText,
  unmapped,
} from "./address.ts";

test("parseAddress() gives octets and the canonical text", () => {
  deepEqual(parseAddress("10.93.29.1"), {
    octets: Uint8Array.of(10, 93, 29, 1),
    text: "10.93.29.1",
  });
  equal(parseAddress("2001:DB8:0:0::0:1")?.text, "2001:db8::1");
  equal(parseAddress("2001:db8::1")?.octets.length, 16);
});

test("parseAddress() refuses what only some programs read as an address", () => {
  for (const text of ["", "1", "10.1", "0x7f.1", "010.0.0.1", "1.2.3.256", "fe80::1%eth0", "::g"]) {
    equal(parseAddress(text), undefined, text);
  }
});

test("unmapped() takes an IPv4 address out of an IPv6 one, and leaves all others", () => {
  for (
    const [given, plain] of [
      ["::ffff:192.0.2.7", "192.0.2.7"],
      ["::ffff:c000:207", "192.0.2.7"],
      ["192.0.2.7", "192.0.2.7"],
      ["2001:db8::7", "2001:db8::7"],
      ["::1", "::1"],
    ] as const
  ) {
    const address = parseAddress(given);
    ok(address !== undefined);
    deepEqual(unmapped(address), parseAddress(plain));
  }
});

test("parseSocketAddress() wants brackets around IPv6 and only there", () => {
  equal(parseSocketAddress("127.0.0.1:4500")?.text, "127.0.0.1:4500");
  deepEqual(parseSocketAddress("[::1]:0")?.port, 0);
  equal(parseSocketAddress("[0::1]:4500")?.text, "[::1]:4500");
  for (
    const text of ["::1:4500", "[127.0.0.1]:1", "127.0.0.1", "127.0.0.1:", "1.2.3.4:65536", ":1"]
  ) {
    equal(parseSocketAddress(text), undefined, text);
  }
});

test("parsePrefix() refuses host bits, and takes an address as a prefix of its own", () => {
  const texts: Record<string, string> = {
    "10.93.29.0/24": "10.93.29.0/24",
    "10.93.30.7": "10.93.30.7/32",
    "10.93.29.128/25": "10.93.29.128/25",
    "0.0.0.0/0": "0.0.0.0/0",
    "2001:DB8::/32": "2001:db8::/32",
    "::1": "::1/128",
  };
  for (const [text, canonical] of Object.entries(texts)) {
    const prefix = parsePrefix(text);
    equal("text" in prefix ? prefix.text : prefix.problem, canonical);
  }
  for (
    const text of [
      "10.93.29.1/24",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "::1/127",
      "/8",
      "1.2.3.4/8/8",
      "10.0.0.0/-1",
    ]
  ) {
    ok("problem" in parsePrefix(text), text);
  }
});

test("isLoopback() and isUnicast() know the special ranges", () => {
  const address = (text: string): { octets: Uint8Array } =>
    parseAddress(text) ?? { octets: new Uint8Array(4) };
  deepEqual(["127.255.0.1", "::1", "128.0.0.1", "::"].map((text) => isLoopback(address(text))), [
    true,
    true,
    false,
    false,
  ]);
  deepEqual(
    ["10.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "fd00::1"]
      .map((text) => isUnicast(address(text))),
    [true, false, false, false, false, false, true],
  );
});

test("socketText() puts brackets around IPv6", () => {
  equal(socketText("::1", 1), "[::1]:1");
  equal(socketText("127.0.0.1", 1), "127.0.0.1:1");
});
