import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { partsOf } from "./outsider.ts";

test("partsOf() loses no round, and has none without one", () => {
  deepEqual(partsOf(31), [10, 10, 11]);
  deepEqual(partsOf(3), [1, 1, 1]);
  deepEqual(partsOf(2), [1, 1]);
  deepEqual(partsOf(1), [1]);
});
