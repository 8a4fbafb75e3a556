// The whole process stands still for longer than its timers: a signal, the freezer of a control
// group, a debugger, or a stalled host. Peers whose octets came meanwhile are served.

import { equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { ikeFrame, ikeMessage, STREAM_PREFIX } from "../support/frames.ts";
import { readMetrics, sample, watchMetrics } from "../support/metrics.ts";
import { scenario } from "../support/scenario.ts";
import { useGatewayWithDaemon } from "../support/use_gateway.ts";
import { settle, sleep } from "../support/wait.ts";

/** More than one wait of a lane tells of. */
const COUNT = 320;
const TIMEOUT_MS = 12_000;

describe("a process that has stood still", () => {
  const { gateway } = useGatewayWithDaemon([
    ...["--prefix-timeout-ms", String(TIMEOUT_MS), "--frame-timeout-ms", String(TIMEOUT_MS)],
    ...["--max-connections-per-source", "1000"],
  ]);

  scenario("T30: it closes nobody whose octets came in time, however many they are", async () => {
    const watch = await watchMetrics(gateway().api);
    const message = Buffer.concat([STREAM_PREFIX, ikeFrame(ikeMessage())]);
    const half = message.length - 10;
    // Half of them have begun a message.
    const peers = await Promise.all(
      Array.from(
        { length: COUNT },
        // Of many sources: the rings of one are bounded.
        (_, i) =>
          gateway().connect({
            opening: message.subarray(0, i % 2 === 0 ? 0 : half),
            localAddress: `127.0.3.${1 + i % 16}`,
          }),
      ),
    );
    const states = async (): Promise<string> => {
      const samples = await readMetrics(gateway().api);
      return ["accepted", "prefixed"]
        .map((state) => sample(samples, "culvert_connections", { state })).join();
    };
    const before = `${COUNT / 2},${COUNT / 2}`;
    equal(await settle(states, (text) => text === before), before);
    gateway().program.kill("SIGSTOP");
    try {
      await Promise.all(
        peers.map((peer, i) => peer.send(message.subarray(i % 2 === 0 ? 0 : half))),
      );
      await sleep(TIMEOUT_MS + 500);
    } finally {
      gateway().program.kill("SIGCONT");
    }
    // The daemon's socket may overflow: the states tell whose message was passed on.
    const enabled = async (): Promise<number> =>
      sample(await readMetrics(gateway().api), "culvert_connections", { state: "enabled" });
    equal(await settle(enabled, (count) => count === COUNT), COUNT);
    equal(peers.filter((peer) => !peer.isOpen()).length, 0);
    await watch.expect({});
  });
});
