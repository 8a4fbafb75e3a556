import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeConnection, createFakeSnapshot } from "../../tests/fakes/snapshots.ts";
import { createHistory } from "./history.js";

test("createHistory() makes rates of counters", () => {
  const history = createHistory();
  const first = history.push(
    createFakeSnapshot(10, [createFakeConnection(1, { inbound: 500, outbound: 9 })]),
  );
  equal(first.rows[0]?.rateIn, 0);
  deepEqual(first.series.in, []);
  const next = history.push(
    createFakeSnapshot(12, [
      createFakeConnection(1, { inbound: 700, outbound: 9 }),
      createFakeConnection(2, { inbound: 1000, outbound: 0 }),
    ]),
  );
  deepEqual(next.rows.map(({ id, rateIn, rateOut }) => [id, rateIn, rateOut]), [
    [1, 100, 0],
    // Octets from before its first reading do not belong to this interval.
    [2, 0, 0],
  ]);
  deepEqual(next.series.in, [600]);
  ok(!next.hasRestarted);
});

test("createHistory() measures totals by the gateway's clock, connections by the page's", () => {
  const history = createHistory();
  history.push(
    createFakeSnapshot(10, [createFakeConnection(1, { inbound: 0, outbound: 0 })], { a: 0 }),
  );
  // Counted one second after the first snapshot, but received two seconds after it.
  const next = createFakeSnapshot(11, [createFakeConnection(1, { inbound: 800, outbound: 0 })], {
    a: 4,
  });
  const reading = history.push({ ...next, at: next.at + 1000 });
  deepEqual(reading.series.in, [800]);
  equal(reading.rows[0]?.rateIn, 400);
  deepEqual([reading.dropsLately["a"], reading.lateSeconds], [4, 1]);
});

test("createHistory() forgets connections that have gone", () => {
  const history = createHistory();
  const one = createFakeConnection(1, { inbound: 0, outbound: 0 });
  history.push(createFakeSnapshot(1, [one, createFakeConnection(2, { inbound: 0, outbound: 0 })]));
  deepEqual(history.push(createFakeSnapshot(2, [one])).rows.map(({ id }) => id), [1]);
  equal(history.push(createFakeSnapshot(3, [])).rows.length, 0);
});

test("createHistory() starts over with a restarted gateway", () => {
  const history = createHistory();
  history.push(createFakeSnapshot(100, [createFakeConnection(1, { inbound: 900, outbound: 0 })]));
  history.push(createFakeSnapshot(101, [createFakeConnection(1, { inbound: 950, outbound: 0 })]));
  const anew = {
    ...createFakeSnapshot(1, [createFakeConnection(1, { inbound: 50, outbound: 0 })]),
  };
  const reading = history.push({ ...anew, at: createFakeSnapshot(103, []).at });
  ok(reading.hasRestarted);
  deepEqual(reading.series.in, []);
  equal(reading.rows[0]?.rateIn, 0);
});

test("createHistory() knows the last minute, and keeps no more", () => {
  const history = createHistory();
  for (let second = 0; second < 1000; second++) {
    const reading = history.push(
      createFakeSnapshot(second, [createFakeConnection(1, { inbound: second, outbound: 0 })], {
        seq_replayed: second * 2,
      }),
    );
    equal(reading.dropsLately["seq_replayed"], Math.min(second, 60) * 2);
    equal(reading.delayLately[0], Math.min(second, 60));
    equal(reading.lateSeconds, Math.min(second, 60));
    equal(reading.series.at.length, Math.min(second, 600));
    equal(reading.rows[0]?.series.at.length, Math.min(second, 120));
  }
});
