import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { parseSocketAddress, socketText } from "./socket_address.ts";

test("parseSocketAddress() wants brackets around IPv6 and only there", () => {
  equal(parseSocketAddress("127.0.0.1:4500")?.text, "127.0.0.1:4500");
  deepEqual(parseSocketAddress("[::1]:0")?.port, 0);
  equal(parseSocketAddress("[0::1]:4500")?.text, "[::1]:4500");
  equal(parseSocketAddress("[::FFFF:127.0.0.1]:4500")?.text, "127.0.0.1:4500");
  equal(parseSocketAddress("[::ffff:7f00:1]:4500")?.octets.length, 4);
  for (
    const text of ["::1:4500", "[127.0.0.1]:1", "127.0.0.1", "127.0.0.1:", "1.2.3.4:65536", ":1"]
  ) {
    equal(parseSocketAddress(text), undefined, text);
  }
});

test("socketText() puts brackets around IPv6", () => {
  equal(socketText("::1", 1), "[::1]:1");
  equal(socketText("127.0.0.1", 1), "127.0.0.1:1");
});
