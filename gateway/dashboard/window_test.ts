import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { rowsInSight, scrollToRow } from "./window.js";

test("rowsInSight() is short however long the list is, and has every row in sight", () => {
  const rowHeight = 40;
  for (const count of [0, 1, 20, 1000, 10_000]) {
    for (let top = -2000; top < count * rowHeight + 2000; top += 333) {
      const { first, end } = rowsInSight({ top, height: 900, rowHeight, count });
      ok(0 <= first && first <= end && end <= count);
      ok(end - first <= 40);
      for (let row = 0; row < count; row += 7) {
        const isInSight = (row + 1) * rowHeight > top && row * rowHeight < top + 900;
        if (isInSight) ok(first <= row && row < end, `row ${row} of ${count} at ${top}`);
      }
    }
  }
});

test("scrollToRow() scrolls no further than needed", () => {
  const sight = { top: 1000, height: 500, rowHeight: 50, count: 100 };
  equal(scrollToRow(sight, 25, 30), 0);
  deepEqual([20, 10, 30].map((row) => scrollToRow(sight, row, 30)), [-30, -530, 50]);
});
