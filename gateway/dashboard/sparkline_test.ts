import { equal } from "node:assert/strict";
import { test } from "node:test";
import { pointsOf } from "./sparkline.js";

test("pointsOf() ends at the right, and scales to its own values", () => {
  equal(pointsOf([]), "");
  equal(pointsOf([5]), "");
  equal(pointsOf([0, 500, 1000]), "37,1.00 38,0.50 39,0.00");
  const all = pointsOf(Array.from({ length: 40 }, (_, i) => 1000 * i)).split(" ");
  equal(all.length, 40);
  equal(all[0], "0,1.00");
  equal(all[39], "39,0.00");
});

test("pointsOf() keeps a line without real traffic flat", () => {
  equal(pointsOf([0, 1]), "38,1.00 39,0.99");
});
