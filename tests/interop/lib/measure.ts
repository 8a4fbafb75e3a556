// Pings and iperf3 between the guest and the inner host, with a limit below which a path counts as
// broken.

import { strict as assert } from "node:assert";
import { inNamespace, INNER_GUEST, INNER_HOST } from "./network.ts";
import type { Namespace } from "./network.ts";
import type { Guest } from "./guest.ts";
import { must, start } from "./process.ts";
import type { Running } from "./process.ts";
import { onInnerHost } from "./strongswan_host.ts";

/**
 * A working path on two shared cores is far above this; a path that lives on retransmissions is
 * below.
 */
const MBITS_MIN = 2;

/** Pings the inner host from the guest; every echo must come back. Mean round trip in ms. */
export async function pingFromGuest(guest: Guest, count: number, octets = 84): Promise<number> {
  const output = await guest.must(
    ["ping", ..._flags(count, octets), "-I", INNER_GUEST, INNER_HOST].join(" "),
  );
  return _roundTrip(output, count);
}

/** Pings the guest from the inner host, in a namespace or behind the gateway's host. */
export async function pingFromHost(
  where: Namespace | Guest,
  count: number,
  octets = 84,
): Promise<number> {
  const words = ["ping", ..._flags(count, octets), "-I", INNER_HOST, INNER_GUEST];
  const output = typeof where === "string"
    ? await must(inNamespace(where, words))
    : await where.must(onInnerHost(words.join(" ")));
  return _roundTrip(output, count);
}

/** An iperf3 server on the inner host. */
export async function startIperfServer(where: Namespace): Promise<Running> {
  const server = start(
    "iperf3",
    inNamespace(where, ["iperf3", "-s", "-B", INNER_HOST, "--forceflush"]),
  );
  await server.match(/listening on/, 5000);
  return server;
}

export type Direction = "guest to host" | "host to guest";

/** One TCP flow through the tunnel. Mbit/s as the receiver saw them. */
export async function iperf(guest: Guest, direction: Direction, seconds: number): Promise<number> {
  const reverse = direction === "host to guest" ? "-R" : "";
  const output = await guest.must(
    `iperf3 -c ${INNER_HOST} -B ${INNER_GUEST} -t ${seconds} -f m --connect-timeout 3000 ${reverse}`,
    seconds * 1000 + 15_000,
  );
  const found = output.match(/([\d.]+) Mbits\/sec\s+receiver/);
  assert.ok(found, `iperf3 printed no receiver line:\n${output}`);
  const mbits = Number(found[1]);
  assert.ok(mbits >= MBITS_MIN, `iperf3 ${direction}: ${mbits} Mbit/s`);
  return mbits;
}

/**
 * `count` pings, ten a second, of `octets` octets with their IP header.
 *
 * Without a deadline ping waits for the last answer no longer than it waits between two pings,
 * whatever `-W` says, and a machine that stops for as long makes a loss of it. With one it goes on
 * until `count` answers have come.
 */
function _flags(count: number, octets: number): string[] {
  const deadline = Math.ceil(count * INTERVAL_S) + PATIENCE_S;
  const pace = ["-i", String(INTERVAL_S), "-c", String(count), "-w", String(deadline)];
  return ["-n", ...pace, "-s", String(octets - 28), "-M", "do"];
}

const INTERVAL_S = 0.1;
const PATIENCE_S = 4;

/** Fails unless each of the first `count` has been answered. */
function _roundTrip(output: string, count: number): number {
  for (let n = 1; n <= count; n++) {
    assert.ok(output.includes(` icmp_seq=${n} ttl=`), `Ping ${n} has no answer:\n${output}`);
  }
  const found = output.match(/= [\d.]+\/([\d.]+)\//);
  assert.ok(found, `ping printed no round trip:\n${output}`);
  return Number(found[1]);
}
