import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { isLoopback, isUnicast, parseAddress, unmapped } from "./address.ts";

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

test("isLoopback() and isUnicast() know the special ranges", () => {
  const address = (text: string): { octets: Uint8Array } =>
    parseAddress(text) ?? { octets: new Uint8Array(4) };
  deepEqual(["127.255.0.1", "::1", "128.0.0.1", "::"].map((text) => isLoopback(address(text))), [
    true,
    true,
    false,
    false,
  ]);
  deepEqual(["::ffff:127.0.0.1", "::ffff:10.0.0.1"].map((text) => isLoopback(address(text))), [
    true,
    false,
  ]);
  deepEqual(["::ffff:0.0.0.0", "::ffff:224.0.0.1"].map((text) => isUnicast(address(text))), [
    false,
    false,
  ]);
  deepEqual(
    ["10.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "fd00::1"]
      .map((text) => isUnicast(address(text))),
    [true, false, false, false, false, false, true],
  );
});
