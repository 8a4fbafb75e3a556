import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { openSad, saSpec } from "./fake/open_sad.ts";

test("install() refuses an outbound SA the key of an inbound one that has gone", async () => {
  const { sad } = await openSad();
  equal(sad.install(saSpec({ direction: "inbound" })), undefined);
  sad.remove(0x100);
  const refusal = sad.install(saSpec({ direction: "outbound", initialSequence: 0n }));
  deepEqual([refusal?.kind, refusal?.member], ["invalid", "keyMaterial"]);
});

test("install() refuses an inbound SA numbers that its key has been used for", async () => {
  const { sad } = await openSad();
  equal(sad.install(saSpec({ direction: "inbound", initialSequence: 500n })), undefined);
  sad.remove(0x100);
  const refusal = sad.install(saSpec({ direction: "inbound", initialSequence: 0n }));
  deepEqual([refusal?.kind, refusal?.member], ["conflict", "initialSequence"]);
  equal(sad.install(saSpec({ direction: "inbound", initialSequence: 500n })), undefined);
});
