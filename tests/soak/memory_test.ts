// What a gateway keeps of those who have come and gone: after hundreds of thousands of strangers,
// and after tens of thousands of SAs, it has the memory and the descriptors of before.
//
// Memory is resident memory, as an operator sees it. Garbage that waits to be collected moves it up
// and down while the load lasts, so the least of a few readings counts.

import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Api, spiText } from "../support/api.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { family, readMetrics } from "../support/metrics.ts";
import { openQuickApi } from "../support/quick_api.ts";
import { descriptorCount, residentKib, socketCount } from "../support/proc.ts";
import { visit } from "../support/visitors.ts";
import { settle } from "../support/wait.ts";

/**
 * By how much the resident memory may have grown, MiB. Deno grows by up to 40 without keeping
 * anything. A stranger who left 500 octets behind for good would cost 90, and an SA with 3,000
 * octets 140.
 */
const GROWTH_MAX = 64;

/** Readings at the end of which the least counts. */
const READINGS = 4;

interface Load {
  /** Parts after which code and tables are in memory, and parts that come then. */
  readonly first: number;
  readonly more: number;
  /** Puts one part on a gateway. Resolves when the gateway should have nothing of it any more. */
  readonly put: (gateway: Gateway) => Promise<void>;
}

const STRANGERS: Load = { first: 3, more: 12, put: putStrangers };
const STRANGERS_LEN = 20_000;

const SAS: Load = { first: 2, more: 20, put: putSas };
const SAS_LEN = 3000;

/** A test takes a fifth of this on two slow processors, ms. */
const TIMEOUT_MS = 300_000;
/** Time in which a gateway has closed what its clients have closed, ms. */
const REST_MS = 30_000;

test(
  "300,000 strangers who come and go leave nothing behind",
  { timeout: TIMEOUT_MS },
  async () => {
    await soak(STRANGERS);
  },
);

test("66,000 SAs that come and go leave nothing behind", { timeout: TIMEOUT_MS }, async () => {
  await soak(SAS);
});

async function soak({ first, more, put }: Load): Promise<void> {
  const gateway = await startGateway(["--log-level", "warn"]);
  try {
    const sockets = socketCount(gateway.program.pid);
    const [before = 0] = (await putAll(gateway, put, first)).slice(-1);
    const descriptors = await descriptorsAtRest(gateway, sockets);
    const readings = await putAll(gateway, put, more);
    equal(await descriptorsAtRest(gateway, sockets), descriptors);
    const least = Math.min(...readings.slice(-READINGS));
    ok(least <= before + GROWTH_MAX, `${before} MiB before, then ${readings.join(" ")}`);
  } finally {
    equal((await gateway.stop()).code, 0);
  }
}

/** Puts parts of a load on a gateway. Returns its resident memory after each of them, MiB. */
async function putAll(gateway: Gateway, put: Load["put"], parts: number): Promise<number[]> {
  const readings: number[] = [];
  for (let part = 0; part < parts; part++) {
    await put(gateway);
    readings.push(Math.round(residentKib(gateway.program.pid) / 1024));
  }
  return readings;
}

/** Waits until no client is connected any more, and counts. */
async function descriptorsAtRest({ api, program }: Gateway, sockets: number): Promise<number> {
  api.close();
  const left = await settle(() => socketCount(program.pid), (now) => now <= sockets, REST_MS);
  equal(left, sockets, "sockets");
  return descriptorCount(program.pid);
}

async function putStrangers({ api, tcp: [listener] }: Gateway): Promise<void> {
  ok(listener !== undefined);
  const wanted = await countOf(api, "culvert_accepts_total") + STRANGERS_LEN;
  await visit(listener.port, STRANGERS_LEN);
  const come = await settle(() => countOf(api, "culvert_accepts_total"), (now) => now >= wanted);
  equal(come, wanted);
  equal(await settle(() => countOf(api, "culvert_connections"), (now) => now === 0), 0);
}

async function putSas({ api }: Gateway): Promise<void> {
  const quick = openQuickApi(api);
  await quick.ask(SAS_LEN, 201, (i) => ({ method: "POST", path: "/v1/sas", body: bodyOf(i) }));
  equal(await countOf(api, "culvert_sas"), SAS_LEN);
  await quick.ask(SAS_LEN, 204, (i) => ({ method: "DELETE", path: `/v1/sas/${spiOf(i)}` }));
  equal(await countOf(api, "culvert_sas"), 0);
  quick.close();
}

function spiOf(i: number): string {
  return spiText(0x1_0000 + i);
}

let keys = 0;

/** An SA of a pair, with a key that no other has. */
function bodyOf(i: number): unknown {
  const pair = i >>> 1;
  keys++;
  return {
    spi: spiOf(i),
    direction: i % 2 === 0 ? "inbound" : "outbound",
    peer: `peer-${pair}`,
    aead: "aes-gcm-16",
    keyMaterial: keys.toString(16).padStart(40, "0"),
    local: ["10.93.29.0/24"],
    remote: [`10.94.${pair >>> 8}.${pair & 255}/32`],
  };
}

/** Sum over the samples of a metric. */
async function countOf(api: Api, name: string): Promise<number> {
  const counts = Object.values(family(await readMetrics(api), name));
  return counts.reduce((sum, count) => sum + count, 0);
}
