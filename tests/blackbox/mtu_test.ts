// Sizes: the largest inner packets, in and out, and the rings that hold them.

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { describe } from "node:test";
import { spiText } from "../support/api.ts";
import { expectEcho, expectPong, freshPing, sendPing } from "../support/echo.ts";
import { openEsp } from "../support/esp.ts";
import { watchMetrics } from "../support/metrics.ts";
import { addPeer } from "../support/peers.ts";
import { residentKib } from "../support/proc.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";
import { sleep } from "../support/wait.ts";

/** IPv4 and ICMP headers around the data of a ping. */
const HEADERS_LEN = 28;

for (const mtu of [1400, 9000, 65_400]) {
  describe(`--inner-mtu ${mtu}`, () => {
    const gateway = useGateway(["--inner-mtu", String(mtu)]);

    scenario(
      `T120, T121: inner packets of up to ${mtu} octets go both ways, in many frames`,
      async () => {
        const peer = await addPeer(gateway().api);
        const watch = await watchMetrics(gateway().api);
        const connection = await gateway().connect();
        for (const len of [mtu, mtu - 1, mtu - 2, mtu - 3, mtu]) {
          const ping = { ...freshPing(), data: randomBytes(len - HEADERS_LEN) };
          await sendPing(connection, peer, { ping });
          const { inner } = await expectPong(connection, peer, ping);
          equal(inner.length, len);
        }
        await expectEcho(connection, peer);
        await watch.expect({});
      },
    );

    scenario(`E9: a dummy packet may have ${mtu} octets and no more`, async () => {
      const peer = await addPeer(gateway().api);
      const connection = await gateway().connect();
      await expectEcho(connection, peer);
      const path = `/v1/sas/${spiText(peer.outbound.spi)}/dummy`;
      const send = (octets: number): Promise<{ status: number }> =>
        gateway().api.request("POST", path, { body: { octets } });
      equal((await send(mtu + 1)).status, 422);
      equal((await send(mtu)).status, 202);
      equal(openEsp(peer.outbound, await connection.next())?.inner.length, mtu);
    });
  });
}

describe("rings", () => {
  const TIMEOUT_MS = 1500;
  const gateway = useGateway([
    ...["--frame-timeout-ms", String(TIMEOUT_MS)],
    ...["--max-connections-per-source", "10000"],
  ]);

  scenario(
    "T30, T142: a thousand halves of large frames hold bounded memory, and time ends them",
    async () => {
      const peer = await addPeer(gateway().api);
      const watch = await watchMetrics(gateway().api);
      const first = await gateway().connect();
      await expectEcho(first, peer);
      const before = residentKib(gateway().program.pid);
      const half = Buffer.alloc(30_000, 7);
      half.writeUInt16BE(60_000, 0);
      const count = 1000;
      for (let i = 0; i < count; i += 100) {
        const batch = await Promise.all(Array.from({ length: 100 }, () => gateway().connect()));
        await Promise.all(batch.map((connection) => connection.send(half)));
      }
      const grown = residentKib(gateway().program.pid) - before;
      ok(grown < 512 * 1024, `${grown} KiB grown`);
      await expectEchoWithin(first, 6 * TIMEOUT_MS);
      await watch.grows("culvert_closes_total", { reason: "frame_timeout" }, count);

      async function expectEchoWithin(connection: typeof first, ms: number): Promise<void> {
        const ping = freshPing();
        await sendPing(connection, peer, { ping });
        const startedAt = performance.now();
        while (connection.waiting() === 0 && performance.now() - startedAt < ms) {
          await sleep(20);
        }
        await expectPong(connection, peer, ping);
      }
    },
  );
});
