import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  act,
  assertOnePair,
  connected,
  deliver,
  exchange,
  newest,
  rest,
  send,
  STEP,
  take,
} from "../../../tests/support/ike/model.ts";

const ONE_CHILD = { timeout: 120_000 };

test("a Child SA is rekeyed from either side without a lost packet", () => {
  for (const side of ["client", "server"] as const) {
    const model = connected();
    const [before] = model.server.inbound.keys();
    act(model, side, model[side].engine.rekey(model.now, 1, "children"));
    exchange(model);
    rest(model);
    assertOnePair(model);
    assert.notEqual([...model.server.inbound.keys()][0], before);
    assert.equal(model.lost, 0);
  }
});

test("an IKE SA is rekeyed from either side, and its Child SA is not touched", () => {
  for (const side of ["client", "server"] as const) {
    const model = connected();
    const before = [...model.server.inbound.keys()];
    for (let i = 0; i < 3; i++) {
      act(model, side, model[side].engine.rekey(model.now, 1, "ike"));
      exchange(model);
    }
    rest(model);
    assertOnePair(model);
    assert.deepEqual([...model.server.inbound.keys()], before);
    // Both sides still talk: under the newest keys each can rekey the Child SA.
    act(model, "server", model.server.engine.rekey(model.now, 1, "children"));
    exchange(model);
    act(model, "client", model.client.engine.rekey(model.now, 1, "children"));
    rest(model);
    assertOnePair(model);
  }
});

test("IS60, IS61: both sides rekey at once, and one SA is left", () => {
  for (const what of ["children", "ike"] as const) {
    for (let i = 0; i < 20; i++) {
      const model = connected();
      act(model, "client", model.client.engine.rekey(model.now, 1, what));
      act(model, "server", model.server.engine.rekey(model.now, 1, what));
      exchange(model);
      rest(model);
      assertOnePair(model);
      assert.equal(model.lost, 0);
    }
  }
});

test("IS50: the answerer of a rekey sends on the new SA once the peer has used it", () => {
  const model = connected();
  act(model, "client", model.client.engine.rekey(model.now, 1, "children"));
  deliver(model, "server");
  const [old] = model.server.outbound.values();
  assert.equal(newest(model.server), old);
  deliver(model, "client");
  send(model, "client");
  // The Delete of the old SA is on its way before the packet.
  deliver(model, "server");
  deliver(model, "server");
  assert.notEqual(newest(model.server), old);
  rest(model);
  assertOnePair(model);
});

test(
  "IS76: whatever crosses, is delayed or cut, one pair of SAs is left in the end",
  ONE_CHILD,
  () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 60 }), (steps) => {
        const model = connected();
        for (const step of steps) take(model, step);
        rest(model);
        assertOnePair(model);
        assert.equal(model.lost, 0);
      }),
      { numRuns: RUNS },
    );
  },
);

const RUNS = 150;
