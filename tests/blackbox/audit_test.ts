// The audit of ESP (RFC 4303 §4, RFC 4301 §5.2): each kind of packet that is dropped has its
// record, at most once a second.

import { deepEqual, equal, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe } from "node:test";
import { spiText } from "../support/api.ts";
import { expectEcho, sealPing } from "../support/echo.ts";
import { forgeEsp, sealEsp } from "../support/esp.ts";
import { type EventData, openEvents } from "../support/events.ts";
import { pingPacket } from "../support/inner_packet.ts";
import { startGateway } from "../support/gateway.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer, freshSpi } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { tempFile } from "../support/temp.ts";
import { useGateway } from "../support/use_gateway.ts";
import { settle, sleep } from "../support/wait.ts";

/** A lane tells each status once in this time. */
const AUDIT_EVERY_MS = 1000;

describe("audit that is off", () => {
  scenario("E53: it tells nothing and counts all; SIGHUP switches it on again", async () => {
    const file = tempFile('esp_audit = "off"\n', "toml");
    const gateway = await startGateway(["--config", file]);
    try {
      const { api, program } = gateway;
      const watch = await watchMetrics(api);
      const connection = await gateway.connect();
      await connection.sendFrames(forgeEsp({ spi: freshSpi() }, 1));
      await watch.grows("culvert_drops_total", { reason: "unknown_spi" }, 1);
      equal(auditLines(program.stderr()), 0);
      writeFileSync(file, 'esp_audit = "on"\n');
      program.kill("SIGHUP");
      ok(await settle(() => / reloaded/.test(program.stderr()), Boolean), program.stderr());
      await sleep(AUDIT_EVERY_MS);
      await connection.sendFrames(forgeEsp({ spi: freshSpi() }, 1));
      equal(await settle(() => auditLines(program.stderr()), (count) => count > 0), 1);
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });
});

describe("audit", () => {
  const gateway = useGateway(["--suspect-limit", "1000"]);

  scenario(
    "E53: a drop is one record: status, SPI, number, connection, source, destination",
    async () => {
      const { api } = gateway();
      const events = await openEvents(api);
      const peer = await addPeer(api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      const opened = await events.next("connection_opened");
      const stranger = freshSpi();
      const strange = { ...peer.ends, source: "10.94.0.1" };
      const drops = [
        ["unknown_spi", stranger, undefined, forgeEsp({ spi: stranger }, 9)],
        ["icv_mismatch", peer.inbound.spi, 9, forgeEsp(peer.inbound, 9)],
        ["seq_replayed", peer.inbound.spi, 2, sealPing(peer)],
        ["selector_mismatch", peer.inbound.spi, 3, sealEsp(peer.inbound, pingPacket(strange))],
      ] as const;
      // The second copy of it is the replay.
      await connection.sendFrames(drops[2][3]);
      await connection.next();
      for (const [status, spi, sequence, packet] of drops) {
        await connection.sendFrames(packet);
        const record = await events.next("audit", (data) => data.status === status);
        ok(Math.abs(Date.parse(String(record.at)) - Date.now()) < 60_000);
        const { spi: recorded, sequence: number, connection: id, remote, local } = record;
        deepEqual(
          { spi: recorded, sequence: number, connection: id, remote, local },
          {
            spi: spiText(spi),
            sequence,
            connection: opened.connection,
            remote: `127.0.0.1:${connection.localPort}`,
            local: `127.0.0.1:${gateway().tcp[0]?.port}`,
          },
        );
      }
      events.close();
    },
  );

  scenario("E53: a number that would wrap on send is told once, with its SA", async () => {
    const { api } = gateway();
    const events = await openEvents(api);
    const peer = await addPeer(api, { outbound: { initialSequence: 0xffff_fffe } });
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    await connection.sendFrames(sealPing(peer));
    const record = await events.next("sa_expired");
    deepEqual([record.status, record.spi], ["seq_exhausted", spiText(peer.outbound.spi)]);
    events.close();
  });

  scenario(
    "E53, T143: a flood of unknown SPIs is a record a second that counts them all",
    async () => {
      const { api, program } = gateway();
      const events = await openEvents(api);
      const watch = await watchMetrics(api);
      const connection = await gateway().connect();
      const before = auditLines(program.stderr());
      const flood = 300;
      const startedAt = performance.now();
      for (let sent = 0; sent < flood; sent += 30) {
        await connection.sendFrames(...Array.from({ length: 30 }, () => forgeEsp({ spi: 999 }, 1)));
        await watch.grows("culvert_drops_total", { reason: "unknown_spi" }, sent + 30);
      }
      await sleep(AUDIT_EVERY_MS);
      await connection.sendFrames(forgeEsp({ spi: 998 }, 1));
      let [records, told] = [0, 0];
      for (let last: EventData = {}; last.spi !== spiText(998); records++) {
        last = await events.next("audit", ({ status }) => status === "unknown_spi");
        told += 1 + Number(last.suppressed ?? 0);
      }
      equal(told, flood + 1);
      const seconds = (performance.now() - startedAt) / AUDIT_EVERY_MS;
      ok(records <= seconds + 2, `${records} records in ${seconds} s`);
      ok(auditLines(program.stderr()) - before <= records);
      ok(connection.isOpen());
      events.close();
    },
  );
});

function auditLines(log: string): number {
  return log.split("\n").filter((line) => / audit /.test(line)).length;
}
