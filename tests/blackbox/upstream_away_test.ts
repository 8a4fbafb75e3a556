// The daemon goes and comes back: counted, and no connection is closed for it (RFC 9329 §6.1; rule
// L34).

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho } from "../support/echo.ts";
import { startGateway, stopCleanly } from "../support/gateway.ts";
import { ikeFrame, ikeMessage, MARKER_LEN } from "../support/frames.ts";
import { openIkeDaemon } from "../support/ike_daemon.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { settle } from "../support/wait.ts";

describe("upstream away", () => {
  scenario(
    "L34: without a daemon IKE is counted as UpstreamRefused, and ESP goes on; with it back, IKE passes",
    async () => {
      const first = await openIkeDaemon();
      const { port } = first;
      const gateway = await startGateway(["--upstream", `127.0.0.1:${port}`]);
      try {
        const peer = await addPeer(gateway.api);
        const connection = await gateway.connect();
        await connection.send(ikeFrame(ikeMessage({ messageId: 1 })));
        await first.next();
        await first.close();
        const watch = await watchMetrics(gateway.api);
        // The ICMP error of one datagram is told at the next.
        for (let i = 0; i < 3; i++) {
          await connection.send(ikeFrame(ikeMessage({ messageId: 2 })));
          await expectEcho(connection, peer);
        }
        const refused = await settle(
          () => watch.grown("culvert_drops_total", { reason: "upstream_refused" }),
          (count) => count > 0,
        );
        ok(refused >= 1 && refused <= 3, `${refused} refused`);
        ok(connection.isOpen());
        const second = await openIkeDaemon(port);
        try {
          const message = ikeMessage({ messageId: 3 });
          await connection.send(ikeFrame(message));
          const datagram = await second.next();
          const whole = Buffer.concat([Buffer.alloc(MARKER_LEN), message]);
          equal(Buffer.compare(datagram.octets, whole), 0);
          await second.send(datagram, whole);
          equal(Buffer.compare(await connection.next(), whole), 0);
        } finally {
          await second.close();
        }
      } finally {
        await stopCleanly(gateway);
      }
    },
  );
});
