// The same keys in one process after the other.

import { deepEqual, equal } from "node:assert/strict";
import { describe } from "node:test";
import { expectEcho } from "../support/echo.ts";
import { startGateway, stopCleanly } from "../support/gateway.ts";
import { makePeer, type Peer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";

describe("an SA that is installed again after a restart", () => {
  for (const esn of [false, true]) {
    scenario(
      `A6, A7: uses none of its IVs again, although its numbers begin anew (esn ${esn})`,
      async () => {
        const peer = makePeer({ esn });
        const runs = [await ivsOfRun(peer), await ivsOfRun(peer), await ivsOfRun(peer)];
        deepEqual(runs.map((ivs) => ivs.length), [PINGS, PINGS, PINGS]);
        equal(new Set(runs.flat()).size, 3 * PINGS, "an IV was used twice");
      },
    );
  }
});

const PINGS = 20;

/** Starts a gateway with the SAs of `peer`; returns the IVs that it uses, and ends it. */
async function ivsOfRun(peer: Peer): Promise<string[]> {
  const gateway = await startGateway();
  try {
    await gateway.api.installSa(peer.inboundBody);
    await gateway.api.installSa(peer.outboundBody);
    const connection = await gateway.connect();
    const ivs: string[] = [];
    for (let n = 1; n <= PINGS; n++) {
      const { seq, iv } = await expectEcho(connection, peer);
      equal(seq, BigInt(n), "the default initialSequence");
      ivs.push(iv.toString("hex"));
    }
    return ivs;
  } finally {
    await stopCleanly(gateway);
  }
}
