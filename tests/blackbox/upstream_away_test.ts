// The daemon goes and comes back: IKE waits for it, and no connection is closed before its time
// (RFC 9329 §6.2; rule L34).

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho } from "../support/echo.ts";
import { startGateway, stopCleanly } from "../support/gateway.ts";
import { frame, ikeFrame, ikeMessage, MARKER_LEN } from "../support/frames.ts";
import { openIkeDaemon } from "../support/ike_daemon.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { settle } from "../support/wait.ts";

describe("upstream away", () => {
  scenario(
    "L34: without a daemon IKE waits, and nobody else; with it back, all of it passes in order",
    async () => {
      const first = await openIkeDaemon();
      const { port } = first;
      const gateway = await startGateway(["--upstream", `127.0.0.1:${port}`]);
      try {
        const peer = await addPeer(gateway.api);
        const [connection, other] = [await gateway.connect(), await gateway.connect()];
        await connection.send(ikeFrame(ikeMessage({ messageId: 1 })));
        await first.next();
        await first.close();
        for (const messageId of [2, 3]) await connection.send(ikeFrame(ikeMessage({ messageId })));
        await settle(gateway.program.stderr, (log) => log.includes("upstream_refused"));
        await expectEcho(other, peer);
        ok(connection.isOpen());
        const second = await openIkeDaemon(port);
        try {
          for (const messageId of [2, 3]) {
            const datagram = await second.next();
            const whole = Buffer.concat([Buffer.alloc(MARKER_LEN), ikeMessage({ messageId })]);
            equal(Buffer.compare(datagram.octets, whole), 0);
            await second.send(datagram, whole);
            equal(Buffer.compare(await connection.next(), whole), 0);
          }
        } finally {
          await second.close();
        }
      } finally {
        await stopCleanly(gateway);
      }
    },
  );

  scenario(
    "L34: if the daemon stays away the connection ends, and ESP that it refuses is counted",
    async () => {
      const daemon = await openIkeDaemon();
      const to = `127.0.0.1:${daemon.port}`;
      const gateway = await startGateway(["--upstream", to, "--frame-timeout-ms", "1000"]);
      try {
        const connection = await gateway.connect();
        await connection.send(ikeFrame(ikeMessage({ messageId: 1 })));
        await daemon.next();
        await daemon.close();
        const watch = await watchMetrics(gateway.api);
        await connection.send(frame(Buffer.alloc(100, 0x5a)));
        await watch.expect({ drops: { upstream_refused: 1 } });
        ok(connection.isOpen());
        await connection.send(ikeFrame(ikeMessage({ messageId: 2 })));
        await connection.ended();
        equal(await watch.grown("culvert_closes_total", { reason: "ike_undelivered" }), 1);
      } finally {
        await stopCleanly(gateway);
      }
    },
  );
});
