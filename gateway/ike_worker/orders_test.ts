import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { testPlan } from "../../tests/support/ike/plan.ts";
import { createRingMemory, openRing } from "../edges/byte_ring.ts";
import { openOrderReader, openOrderWriter, ORDERS_LEN } from "./orders.ts";

test("a plan comes through the ring with its secrets, whatever its length", () => {
  for (const count of [1, 3000]) {
    const memory = createRingMemory(ORDERS_LEN);
    const writer = openOrderWriter(openRing(memory));
    const read = openOrderReader(openRing(memory));
    const [peer] = testPlan().peers;
    ok(peer !== undefined);
    const peers = Array.from({ length: count }, (_, at) => ({
      ...peer,
      name: `peer ${at}`,
      psk: Uint8Array.of(1, at & 0xff, at >> 8),
    }));
    const plan = { ...testPlan(), peers };
    writer.push({ kind: "reload", plan });
    writer.push({ kind: "stop" });
    const orders = [];
    for (let turn = 0; turn < 1000 && orders.length < 2; turn++) {
      const order = read();
      if (order !== undefined) orders.push(order);
      writer.flush();
    }
    deepEqual(orders, [{ kind: "reload", plan }, { kind: "stop" }]);
  }
});

test("nothing of a secret is left in the ring", () => {
  const memory = createRingMemory(ORDERS_LEN);
  const writer = openOrderWriter(openRing(memory));
  const read = openOrderReader(openRing(memory));
  const plan = testPlan();
  const secret = plan.peers[0]?.psk?.slice() ?? new Uint8Array();
  writer.push({ kind: "reload", plan });
  ok(includes(memory, secret), "it lies there on its way");
  ok(read() !== undefined);
  ok(!includes(memory, secret));
});

function includes(memory: SharedArrayBuffer, octets: Uint8Array): boolean {
  return Buffer.from(memory).includes(Buffer.from(octets));
}
