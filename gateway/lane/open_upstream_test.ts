import { equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { sourceHost } from "./open_upstream.ts";

test("sourceHost() is the same for a client each time, and spreads clients", () => {
  const hosts = new Set<number>();
  for (let i = 0; i < 1000; i++) hosts.add(sourceHost(client(i), 8));
  ok(hosts.size > 990, `${hosts.size} addresses for 1000 clients`);
  equal(sourceHost(client(7), 8), sourceHost(client(7), 8));
  notEqual(sourceHost(client(7), 8), sourceHost(client(8), 8));
});

test("sourceHost() is never the network's address, nor its broadcast address", () => {
  for (let bits = 8; bits <= 30; bits++) {
    const last = 2 ** (32 - bits) - 1;
    const seen = new Set<number>();
    for (let i = 0; i < 2000; i++) seen.add(sourceHost(client(i), bits));
    ok(Math.min(...seen) >= 1 && Math.max(...seen) < last, `/${bits}`);
    if (bits === 30) equal(seen.size, 2, "both addresses of a /30 are used");
  }
});

/** An IPv4 client. */
function client(i: number): Uint8Array {
  return new Uint8Array([192, 0, i >> 8, i & 0xff]);
}
