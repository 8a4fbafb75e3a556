import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { address } from "../../tests/support/parsed.ts";
import { COMMAND_PING, COMMAND_PING_FROM } from "../lane/commands.ts";
import { createPinger, type Pinger } from "./pinger.ts";

const FAR = address("10.93.29.1");

/** A far end that answers in batches, and loses every `lossEvery`-th request; 0 loses none. */
function openScene(
  { lossEvery = 0, isMute = false }: { lossEvery?: number; isMute?: boolean } = {},
): { readonly pinger: Pinger; readonly commands: number[][]; readonly most: () => number } {
  const commands: number[][] = [];
  let [sequence, queued, most, now] = [0, 0, 0, 0];
  const pinger = createPinger({
    // Time goes by turns, not by the speed of the machine.
    clock: () => now++,
    command(lane, command): boolean {
      equal(lane, 0);
      commands.push([...command]);
      const [kind, count = 0, len = 0] = command;
      if (kind !== COMMAND_PING) return true;
      const first = sequence;
      sequence += count;
      queued += count;
      most = Math.max(most, queued);
      setTimeout(() => {
        queued -= count;
        const numbers = Array.from({ length: count }, (_, at) => first + at)
          .filter((number) => lossEvery === 0 || number % lossEvery !== lossEvery - 1);
        const last = numbers.at(-1);
        if (isMute || last === undefined) return;
        const replies = numbers.length;
        pinger.hear({
          ...{ kind: "pongs", count: replies, octets: replies * len, sequence: last & 0xffff },
          ...{ sumMs: replies * 2, minMs: 1, maxMs: 3 },
        });
      }, 1);
      return true;
    },
  });
  return { pinger, commands, most: () => most };
}

test("round trips are counted one by one", async () => {
  const { pinger, commands } = openScene();
  pinger.use(address("10.93.64.1"));
  const times = await pinger.roundTrips(FAR, 5);
  deepEqual(times, { sent: 5, received: 5, minMs: 1, meanMs: 2, maxMs: 3 });
  equal(commands[0]?.[0], COMMAND_PING_FROM);
  deepEqual(commands.slice(1).map(([kind, count]) => [kind, count]), [
    ...Array.from({ length: 5 }, () => [COMMAND_PING, 1]),
  ]);
});

test("a host that does not answer is pinged three times", { timeout: 60_000 }, async () => {
  const { pinger } = openScene({ isMute: true });
  const { sent, received, minMs, meanMs } = await pinger.roundTrips(FAR, 5);
  deepEqual([sent, received, minMs, meanMs], [3, 0, NaN, NaN]);
});

test("throughput opens its window while nothing is lost, beyond 65,536 requests", async () => {
  const { pinger, most } = openScene();
  const { octets, received, sent, ms } = await pinger.throughput(FAR, {
    len: 1400,
    durationMs: 5000,
  });
  equal(octets, received * 1400);
  ok(received > 70_000, `${received} of ${sent}`);
  ok(ms >= 5000);
  ok(most() > 1000, `at most ${most()} on their way`);
});

test("throughput keeps its window small where packets are lost, and counts what came", async () => {
  const { pinger, most } = openScene({ lossEvery: 10 });
  const { received, sent } = await pinger.throughput(FAR, { len: 1400, durationMs: 300 });
  ok(received > 0 && received < sent * 0.95, `${received} of ${sent}`);
  ok(most() < 500, `at most ${most()} on their way`);
});
