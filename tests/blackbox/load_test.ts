// IKE under load (rule T75): nothing of it is lost, and nothing waits long, while ESP runs both
// ways.

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { sealPing } from "../support/echo.ts";
import { frame, ikeFrame, ikeMessage, MARKER_LEN } from "../support/frames.ts";
import { readMetrics, sample, watchMetrics } from "../support/metrics.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGatewayWithDaemon } from "../support/use_gateway.ts";
import { sleep } from "../support/wait.ts";

const MARKER = Buffer.alloc(MARKER_LEN);
const EXCHANGES = 100;

describe("IKE under load", () => {
  const { gateway, daemon } = useGatewayWithDaemon();

  scenario(
    "T75: a request every 10 ms beside ESP at full rate: no loss, bounded delay",
    async () => {
      const peer = await addPeer(gateway().api, { inbound: { replayWindow: 0 } });
      const connection = await gateway().connect();
      daemon().answer(({ octets }) => octets);
      const watch = await watchMetrics(gateway().api);
      const data = Buffer.alloc(1300, 3);
      const burst = Array.from({ length: 64 }, () => frame(sealPing(peer, { ping: { data } })));
      let isLoading = true;
      const load = (async (): Promise<void> => {
        while (isLoading) await connection.send(...burst);
      })();
      const answers = new Set<number>();
      let came = 0;
      const read = async (): Promise<void> => {
        while (connection.waiting() > 0) {
          const payload = await connection.next();
          came++;
          if (payload.readUInt32BE(0) === 0) answers.add(payload.readUInt32BE(MARKER_LEN + 20));
        }
      };
      for (let messageId = 0; messageId < EXCHANGES; messageId++) {
        await connection.send(ikeFrame(ikeMessage({ messageId, len: 200 })));
        await sleep(10);
        await read();
      }
      isLoading = false;
      await load;
      for (let i = 0; i < 300 && answers.size < EXCHANGES; i++) {
        await sleep(10);
        await read();
      }
      equal(answers.size, EXCHANGES);
      ok(came > 10 * EXCHANGES, `only ${came} frames came: this was no load`);
      equal(await watch.grown("culvert_drops_total", { reason: "upstream_overflow" }), 0);
      // Behind ESP nearly all would be late; a machine that stops for a moment delays only a few.
      // bench/path has the figures.
      const late = await slowerThan("0.1");
      ok(late <= EXCHANGES / 5, `${late} of ${2 * EXCHANGES} messages took longer than 0.1 s`);
    },
  );

  /** IKE messages, of both directions, that took longer than this inside the gateway. */
  async function slowerThan(seconds: string): Promise<number> {
    const samples = await readMetrics(gateway().api);
    const name = "culvert_ike_delay_seconds_bucket";
    const total = sample(samples, name, { le: "+Inf" });
    ok(total >= 2 * EXCHANGES, `${total} delays measured`);
    return total - sample(samples, name, { le: seconds });
  }

  scenario("P9: fifty clients shake hands at once through one gateway", async () => {
    daemon().answer(({ octets }) =>
      Buffer.concat([MARKER, octets.subarray(MARKER_LEN), Buffer.from("ok")])
    );
    const clients = await Promise.all(Array.from({ length: 50 }, () => gateway().connect()));
    await Promise.all(clients.map(async (client, messageId) => {
      for (let round = 0; round < 4; round++) {
        const message = ikeMessage({ messageId, len: 400 + round });
        await client.send(ikeFrame(message));
        const answer = await client.next();
        const wanted = Buffer.concat([MARKER, message, Buffer.from("ok")]);
        equal(Buffer.compare(answer, wanted), 0);
      }
    }));
  });
});
