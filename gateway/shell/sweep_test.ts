import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { openTestSad, saSpec } from "../../tests/support/test_sad.ts";
import { EVENT_SA_EXPIRED, SA_EXPIRED, SA_STATE } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { isRefusal } from "../model/refusal.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import { createEventHub } from "./events.ts";
import { createSaChanges, type SaListener } from "./sa_changes.ts";
import { tellSas } from "./sa_events.ts";
import { startSweeping, sweep } from "./sweep.ts";

/** A gateway's SAs; the clock stands at 1 ms for installs. */
async function openScene(listeners: readonly SaListener[] = []): Promise<{
  readonly lines: string[];
  install(more: Partial<SaSpec>): string | undefined;
  spis(): number[];
  sweepAt(now: number): void;
  /** The host is suspended. */
  sleep(ms: number): void;
  /** Starts to sweep; the result ends that. */
  start(): () => void;
  /** A lane ends an SA at a packet, and the shell hears of it. */
  end(spi: number): void;
}> {
  const { sad, core, views } = await openTestSad();
  const lines: string[] = [];
  const log = (_: string, event: string, fields = {}): void => {
    lines.push([event, ...Object.values(fields)].join(" "));
  };
  const events = createEventHub({ views, log, date: () => new Date(), auditsEsp: () => true });
  const changes = createSaChanges({
    sad,
    checks: [],
    listeners: [...listeners, tellSas(events)],
  });
  const blocks = [core.lane_block(0), core.lane_block(1)];
  let asleep = 0;
  function suspended(): number {
    const ms = asleep;
    asleep = 0;
    return ms;
  }
  const options = { core, index: 1, blocks, suspended, events, sad, changes, log };
  return {
    lines,
    install(more): string | undefined {
      const keyMaterial = new Uint8Array(20).fill(more.spi ?? 0);
      const sa = changes.install(saSpec({ keyMaterial, ...more }));
      return isRefusal(sa) ? sa.detail : undefined;
    },
    spis: () => sad.views().map(({ spi }) => spi),
    sweepAt(now): void {
      lines.length = 0;
      sweep({ ...options, clock: () => now });
    },
    sleep(ms): void {
      asleep += ms;
    },
    start: () => startSweeping({ ...options, clock: () => 1 }),
    end(spi): void {
      const row = core.sa_row(sad.find(sad.idsOf(spi)[0] ?? 0)?.row ?? 0);
      Atomics.store(views.u32, (row + SA_STATE) >>> 2, SA_EXPIRED);
      core.event(0, EVENT_SA_EXPIRED, 0, Status.SaExpired, spi, 0);
      events.drainRing(core.lane_block(0));
    },
  };
}

test("the time of an SA goes on while the host is suspended", async () => {
  const { install, sleep, sweepAt, spis } = await openScene();
  install({ spi: 0x101, hardSeconds: 10 });
  install({ spi: 0x102, hardSeconds: 20 });
  sleep(9000);
  sweepAt(1000);
  deepEqual(spis(), [0x101, 0x102]);
  sweepAt(1001);
  deepEqual(spis(), [0x102]);
  sweepAt(9000);
  deepEqual(spis(), [0x102], "it is taken off once");
});

test("sweep() removes an SA whose time is over, and tells its end before", async () => {
  const { install, sweepAt, lines, spis } = await openScene();
  install({ spi: 0x101, hardSeconds: 10, softSeconds: 5 });
  install({ spi: 0x102, hardSeconds: 20 });
  sweepAt(4000);
  deepEqual(lines, []);
  sweepAt(5001);
  deepEqual(lines, ["sa_soft_limit seq_soft_limit 1 0x00000101 seconds"]);
  sweepAt(10_001);
  deepEqual(lines, [
    "sa_expired sa_expired 1 0x00000101 seconds",
    "sa_removed 1 0x00000101 outbound p",
  ]);
  deepEqual(spis(), [0x102]);
  sweepAt(10_002);
  deepEqual(lines, []);
});

test("sweep() frees prefix, SPI and place of what has ended", async () => {
  const { install, sweepAt, spis } = await openScene();
  for (let spi = 0x101; spi <= 0x108; spi++) install({ spi, hardSeconds: 10 });
  const successor = { spi: 0x101, peer: "next", keyMaterial: new Uint8Array(20).fill(77) };
  match(install({ ...successor, spi: 0x109 }) ?? "", /of peer/);
  sweepAt(10_001);
  deepEqual(spis(), []);
  equal(install(successor), undefined);
  for (let spi = 0x102; spi <= 0x108; spi++) equal(install({ spi, peer: "next" }), undefined);
});

test("sweep() leaves the numbers of a key remembered", async () => {
  const { install, sweepAt } = await openScene();
  install({ spi: 0x101, hardSeconds: 10, initialSequence: 500n });
  sweepAt(10_001);
  match(install({ spi: 0x101, initialSequence: 499n }) ?? "", /higher sequence/);
  equal(install({ spi: 0x101, initialSequence: 500n }), undefined);
});

test("sweep() goes on behind a listener that fails", async () => {
  const fail = (): void => {
    throw new Error("No route");
  };
  const { install, sweepAt, lines, spis } = await openScene([{
    installed: () => undefined,
    removed: fail,
  }]);
  install({ spi: 0x101, hardSeconds: 10 });
  install({ spi: 0x102, hardSeconds: 10 });
  sweepAt(10_001);
  deepEqual(spis(), []);
  deepEqual(lines.filter((line) => line.startsWith("sa_remove_failed")), [
    "sa_remove_failed 1 No route",
    "sa_remove_failed 2 No route",
  ]);
});

test("startSweeping() removes an SA whose end a lane tells, before any other task", async () => {
  const { install, start, end, spis, lines } = await openScene();
  for (const spi of [0x101, 0x102, 0x103]) install({ spi });
  lines.length = 0;
  const stop = start();
  end(0x101);
  end(0x102);
  // No timer and no input of the process comes before this.
  await Promise.resolve();
  deepEqual(spis(), [0x103]);
  const [first, second, ...removed] = lines;
  deepEqual([first, second].map((line) => line?.split(" ")[0]), ["sa_expired", "sa_expired"]);
  deepEqual(removed, [
    "sa_removed 1 0x00000101 outbound p",
    "sa_removed 2 0x00000102 outbound p",
  ]);
  stop();
  end(0x103);
  await Promise.resolve();
  deepEqual(spis(), [0x103]);
});
