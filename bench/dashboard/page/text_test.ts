import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  countText,
  digits,
  rateText,
  ratioText,
  secondsText,
  spreadText,
  timeText,
} from "./text.js";

test("digits() are three", () => {
  deepEqual([0.01234, 1.234, 12.34, 123.4, 1234].map(digits), [
    "0.0123",
    "1.23",
    "12.3",
    "123",
    "1234",
  ]);
});

test("secondsText() chooses the unit", () => {
  deepEqual([2, 0.0123, 45.6e-6, 789e-9].map(secondsText), [
    "2.00 s",
    "12.3 ms",
    "45.6 µs",
    "789 ns",
  ]);
});

test("rateText() chooses the prefix", () => {
  equal(rateText(2.074e9, "octets/s"), "2.07 GB/s");
  equal(rateText(1500, "packets/s"), "1.50 kpkt/s");
  equal(rateText(414, "octets"), "414 B");
  equal(rateText(0.0123, "share"), "1.23 %");
});

test("the others say what stands there", () => {
  equal(ratioText(4.167), "4.17×");
  equal(countText(65_000), "65,000");
  equal(spreadText({ value: 2, low: 1, high: 3 }, ratioText), "1.00× to 3.00×");
  equal(timeText("2026-11-24T18:31:40Z"), "2026-11-24 18:31");
});
