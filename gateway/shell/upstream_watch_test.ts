import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ECONNREFUSED, EPERM } from "../linux/constants.ts";
import type { GatewayEvent } from "../model/event.ts";
import { createUpstreamWatch, type UpstreamWatch } from "./upstream_watch.ts";

interface Rig {
  readonly watch: UpstreamWatch;
  /** Names of the events that were told, with what they say. */
  readonly told: [event: string, level: string | undefined, fields: GatewayEvent["fields"]][];
  /** Questions that are open, and all that were asked. */
  readonly asked: { open: number; all: number };
  /** Errno with which the daemon refuses questions; 0 for silence; null: no descriptor. */
  answer: number | null;
  /** Lets seconds pass, with a tick in each. */
  pass(seconds: number): void;
}

function createRig(): Rig {
  const time = { now: 5000 };
  const told: Rig["told"] = [];
  const asked = { open: 0, all: 0 };
  const watch = createUpstreamWatch({
    address: "127.0.0.1:4500",
    openProbe: () => {
      if (rig.answer === null) throw new Error("EMFILE");
      asked.open++;
      asked.all++;
      return { refusal: () => rig.answer ?? 0, close: () => void asked.open-- };
    },
    events: { tell: (event, fields, level) => void told.push([event, level, fields]) },
    clock: () => time.now,
    date: () => new Date(time.now),
  });
  function pass(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      time.now += 1000;
      watch.tick();
    }
  }
  const rig: Rig = { watch, told, asked, answer: 0, pass };
  return rig;
}

const AWAY = { upstream: "127.0.0.1:4500", reason: "ECONNREFUSED" };

test("createUpstreamWatch() tells a refusal once, and the first datagram after it", () => {
  const { watch, told } = createRig();
  equal(watch.view().state, "unknown");
  equal(watch.check(), undefined);
  for (let i = 0; i < 100; i++) watch.seen("ECONNREFUSED");
  deepEqual(told, [["upstream_refused", "error", AWAY]]);
  const { state, reason } = watch.view();
  deepEqual([state, reason], ["down", "ECONNREFUSED"]);
  deepEqual(watch.check(), {
    reason: "upstream_refused",
    detail: "The IKE daemon cannot be reached: ECONNREFUSED",
  });
  for (let i = 0; i < 100; i++) watch.seen(null);
  deepEqual(told.slice(1), [["upstream_reachable", "info", { upstream: "127.0.0.1:4500" }]]);
  deepEqual([watch.view().state, watch.view().reason], ["up", null]);
  equal(watch.check(), undefined);
});

test("createUpstreamWatch() shows the newest reason, and tells only the first", () => {
  const { watch, told } = createRig();
  watch.seen("ECONNREFUSED");
  watch.seen("EPERM");
  equal(watch.view().reason, "EPERM");
  equal(told.length, 1);
});

test("createUpstreamWatch() asks a daemon of which it sees nothing, and believes a refusal at once", () => {
  const rig = createRig();
  rig.answer = ECONNREFUSED;
  rig.pass(9);
  equal(rig.asked.all, 0, "a client may come first");
  rig.pass(1);
  deepEqual(rig.told, [["upstream_refused", "error", AWAY]]);
  rig.answer = EPERM;
  rig.pass(5);
  equal(rig.watch.view().reason, "EPERM");
  equal(rig.asked.open, 0);
});

test("createUpstreamWatch() takes a silence of four seconds for a daemon", () => {
  const rig = createRig();
  rig.watch.seen("ECONNREFUSED");
  rig.pass(5 + 3);
  equal(rig.watch.view().state, "down");
  rig.pass(1);
  equal(rig.watch.view().state, "up");
  equal(rig.told.length, 2);
  equal(rig.asked.open, 0);
});

test("createUpstreamWatch() does not ask while it sees the daemon, and rarely while it is silent", () => {
  const rig = createRig();
  for (let i = 0; i < 100; i++) {
    rig.watch.seen(null);
    rig.pass(1);
  }
  equal(rig.asked.all, 0);
  rig.pass(300);
  ok(rig.asked.all >= 8 && rig.asked.all <= 10, `${rig.asked.all} questions in 300 s`);
  equal(rig.told.length, 0, "it was never away");
});

test("createUpstreamWatch() learns nothing while there is no descriptor", () => {
  const rig = createRig();
  rig.answer = null;
  rig.pass(60);
  equal(rig.watch.view().state, "unknown");
});

test("createUpstreamWatch() tells at most six changes a minute, and counts the others", () => {
  const rig = createRig();
  for (let i = 0; i < 1000; i++) {
    rig.watch.seen("ECONNREFUSED");
    rig.watch.seen(null);
  }
  rig.watch.seen("ECONNREFUSED");
  equal(rig.told.length, 6);
  // The state itself is not held back.
  equal(rig.watch.view().state, "down");
  rig.answer = ECONNREFUSED;
  rig.pass(60);
  equal(rig.told.length, 7);
  deepEqual(rig.told[6], ["upstream_refused", "error", { ...AWAY, suppressed: 1994 }]);
});
