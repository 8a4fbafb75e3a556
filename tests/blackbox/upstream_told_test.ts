// Whether the daemon behind can be reached is told once for each change: in the log, as an event,
// in the metrics, in the status, and by `/readyz`.

import { deepEqual, equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import type { Api } from "../support/api.ts";
import { type Events, openEvents } from "../support/events.ts";
import { ikeFrame, ikeMessage, MARKER_LEN } from "../support/frames.ts";
import { type Gateway, startGateway, stopCleanly } from "../support/gateway.ts";
import { type IkeDaemon, openIkeDaemon } from "../support/ike_daemon.ts";
import { readMetrics } from "../support/metrics.ts";
import type { Originator } from "../support/originator.ts";
import { scenario } from "../support/scenario.ts";
import { settle } from "../support/wait.ts";

/** Time in which a gateway has asked a daemon that is away, and believed it, ms. */
const ASKED_MS = 60_000;

interface Behind {
  readonly gateway: Gateway;
  readonly events: Events;
  readonly port: number;
}

/** A gateway whose daemon is away; the port is free. */
async function withoutDaemon(
  run: (behind: Behind) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const daemon = await openIkeDaemon();
  const { port } = daemon;
  await daemon.close();
  const gateway = await startGateway(["--upstream", `127.0.0.1:${port}`, ...args]);
  try {
    const events = await openEvents(gateway.api);
    await run({ gateway, events, port });
    events.close();
  } finally {
    await stopCleanly(gateway);
  }
}

/** Waits until `/readyz` answers with this status. */
async function readyz(api: Api, wanted: 200 | 503, timeoutMs?: number): Promise<void> {
  const ask = (): Promise<number> => api.request("GET", "/readyz").then(({ status }) => status);
  equal(await settle(ask, (status) => status === wanted, timeoutMs), wanted);
}

/** Sends IKE until the gateway has seen the daemon's answer to it. */
async function exchange(connection: Originator, daemon: IkeDaemon): Promise<void> {
  daemon.answer(({ octets }) => octets);
  const message = ikeMessage({ messageId: 9 });
  await connection.send(ikeFrame(message));
  const whole = Buffer.concat([Buffer.alloc(MARKER_LEN), message]);
  equal(Buffer.compare(await connection.next(), whole), 0);
}

function linesOf({ program }: Gateway, event: string): string[] {
  return program.stderr().split("\n").filter((line) => line.includes(` ${event} `));
}

describe("a daemon that is away", () => {
  for (const lanes of [1, 3]) {
    scenario(`is told once, however many messages it refuses, by ${lanes} lanes`, async () => {
      await withoutDaemon(async ({ gateway, events, port }) => {
        const { api } = gateway;
        await readyz(api, 200);
        const clients = await Promise.all(Array.from({ length: 6 }, () => gateway.connect()));
        const refused = events.next("upstream_refused");
        for (let round = 0; round < 20; round++) {
          for (const client of clients) await client.send(ikeFrame(ikeMessage()));
        }
        const { upstream, reason } = await refused;
        deepEqual([upstream, reason], [`127.0.0.1:${port}`, "ECONNREFUSED"]);

        await readyz(api, 503);
        const { status, text } = await api.request("GET", "/readyz");
        equal(status, 503);
        match(text, /"upstream_refused"/);
        match(text, /ECONNREFUSED/);
        equal((await readMetrics(api)).get("culvert_upstream_up"), 0);
        const seen = Object(Object(await api.get("/v1/status"))["upstream"]);
        deepEqual([seen["state"], seen["reason"]], ["down", "ECONNREFUSED"]);

        const daemon = await openIkeDaemon(port);
        try {
          const reachable = events.next("upstream_reachable");
          await exchange(await gateway.connect(), daemon);
          equal((await reachable)["upstream"], `127.0.0.1:${port}`);
          await readyz(api, 200);
          equal((await readMetrics(api)).get("culvert_upstream_up"), 1);
        } finally {
          await daemon.close();
        }
        await settle(() => linesOf(gateway, "upstream_reachable"), ({ length }) => length > 0);
        for (const event of ["upstream_refused", "upstream_reachable"]) {
          equal(linesOf(gateway, event).length, 1, gateway.program.stderr());
        }
      }, ["--lanes", String(lanes)]);
    });
  }

  scenario("is found, and found to be back, without any client", async () => {
    await withoutDaemon(async ({ gateway, events, port }) => {
      await readyz(gateway.api, 503, ASKED_MS);
      equal((await events.next("upstream_refused"))["reason"], "ECONNREFUSED");
      const daemon = await openIkeDaemon(port);
      try {
        await readyz(gateway.api, 200, ASKED_MS);
        await events.next("upstream_reachable");
        equal(daemon.waiting(), 0, "nothing came that a daemon would have to read");
      } finally {
        await daemon.close();
      }
    });
  });
});
