import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { counted, foreignEsp, frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import { endsAt } from "../edges/ends.ts";
import { AF_INET, EADDRINUSE, EADDRNOTAVAIL, EAGAIN, EMFILE } from "../linux/constants.ts";
import { waitMs } from "./loop.ts";
import { sourceHost } from "./open_upstream.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const SOURCE = { octets: new Uint8Array([127, 64, 0, 0]), bits: 16 };

test("a connection for which there is no descriptor waits with its message, longer each time", async () => {
  const rig = await startLaneRig();
  rig.kernel.failures.socket.push(EMFILE, EMFILE);
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  rig.settle();
  equal(waitMs(rig.lane), 5);
  // News in between are no reason to ask.
  for (let i = 0; i < 4; i++) {
    arrive(peer, frame(ike(2 + i)));
    rig.advance(1);
    rig.settle();
  }
  equal(rig.kernel.calls.get("socket"), 1);
  rig.advance(1);
  rig.settle();
  equal(rig.kernel.calls.get("socket"), 2);
  equal(waitMs(rig.lane), 10);
  rig.advance(10);
  rig.settle();
  equal(rig.kernel.calls.get("socket"), 3);
  deepEqual(upstreamOf(rig).sent.map((message) => message[31]), [1, 2, 3, 4, 5]);
  equal(counted(rig, Status.UpstreamRefused), 0);
  deepEqual(troubles(rig), [["upstream_failed", "EMFILE", 0]]);
});

test("out of ports is a shortage, of which bind and connect tell in ways of their own", async () => {
  for (const source of [null, SOURCE]) {
    const upstream = { family: AF_INET, address: new Uint8Array(16), source };
    const rig = await startLaneRig(endsAt(upstream));
    const failures = source === null ? rig.kernel.failures.connect : rig.kernel.failures.bind;
    failures.push(source === null ? EAGAIN : EADDRINUSE);
    const peer = rig.connect();
    arrive(peer, STREAM_PREFIX);
    arrive(peer, frame(foreignEsp(100, 1)));
    arrive(peer, frame(ike(2)));
    rig.settle();
    equal(counted(rig, Status.UpstreamRefused), 0);
    rig.advance(5);
    rig.settle();
    deepEqual(upstreamOf(rig).sent.map((message) => message.at(-1)), [1, 2]);
  }
});

test("without an address ESP is dropped, counted and told, and IKE waits", async () => {
  const upstream = { family: AF_INET, address: new Uint8Array(16), source: SOURCE };
  const rig = await startLaneRig(endsAt(upstream));
  rig.kernel.failures.bind.push(EADDRNOTAVAIL, EADDRNOTAVAIL, EADDRNOTAVAIL);
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  for (let id = 0; id < 5; id++) arrive(peer, frame(foreignEsp(100, id)));
  rig.settle();
  equal(counted(rig, Status.UpstreamRefused), 5);
  arrive(peer, frame(ike(1)));
  rig.settle();
  arrive(peer, frame(ike(2)));
  rig.advance(5);
  rig.settle();
  equal(counted(rig, Status.UpstreamRefused), 5);
  rig.advance(10);
  rig.settle();
  deepEqual(upstreamOf(rig).sent.map((message) => message[31]), [1, 2]);
  equal(counted(rig, Status.UpstreamRefused), 5);
  deepEqual(rig.notices, [{ kind: "upstream", refusal: "EADDRNOTAVAIL" }]);
});

/** The troubles that the shell was told of: kind, reason, and number of those suppressed before. */
function troubles(rig: LaneRig): [string, string, number][] {
  return rig.notices.flatMap((notice) =>
    notice.kind === "trouble" ? [[notice.trouble, notice.reason, notice.suppressed]] : []
  );
}

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
