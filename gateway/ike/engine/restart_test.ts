import { test } from "node:test";
import fc from "fast-check";
import {
  assertOneEach,
  createWorld,
  happen,
  RESTARTS,
  settle,
} from "../../../tests/support/ike/restarts.ts";
import { IKE_DEFAULTS } from "../suites/suite.ts";

const SLOW = { timeout: 300_000 };

test("IS76: a restart of either side leaves one pair of SAs", () => {
  for (const hasTickets of [false, true]) {
    for (const side of ["client", "server"]) {
      const world = createWorld({ hasTickets });
      happen(world, `restart ${side}`);
      settle(world);
      assertOneEach(world);
    }
  }
});

test("IS76, IW20: restarts, cuts and rekeys in any order leave one pair of SAs", SLOW, () => {
  fc.assert(
    fc.property(
      fc.array(RESTARTS, { maxLength: 50 }),
      fc.boolean(),
      fc.constantFrom({}, { ike: IKE_DEFAULTS }),
      (steps, hasTickets, change) => {
        const world = createWorld({ change, hasTickets });
        for (const step of steps) happen(world, step);
        settle(world);
        assertOneEach(world);
      },
    ),
    { numRuns: 100 },
  );
});
