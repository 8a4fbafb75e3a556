import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { daemonOf, endsAt } from "./ends.ts";
import type { Upstream } from "./ike_endpoint.ts";

const DAEMON: Upstream = { family: 2, address: new Uint8Array(16), source: null };

test("endsAt() without a daemon drops IKE and ESP of unknown SPIs", () => {
  const ends = endsAt(null);
  deepEqual(ends, { ike: { kind: "none" }, unknownSpi: { kind: "drop" } });
  equal(daemonOf(ends), undefined);
});

test("daemonOf() finds the daemon, whichever of both goes there", () => {
  equal(daemonOf(endsAt(DAEMON)), DAEMON);
  equal(daemonOf({ ...endsAt(DAEMON), unknownSpi: { kind: "drop" } }), DAEMON);
  equal(daemonOf({ ...endsAt(DAEMON), ike: { kind: "none" } }), DAEMON);
});
