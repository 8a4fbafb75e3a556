import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  bitRateText,
  countText,
  durationText,
  microsText,
  octetsText,
  percentText,
  rateText,
  wordsText,
} from "./format.js";

test("bitRateText() shows octets a second as bits, with three digits", () => {
  const shown = [0, 0.01, 1, 124.9, 124.95, 125, 15_625, 1_249_000, 1.25e8, 1.25e14, 1e15];
  deepEqual(shown.map(bitRateText), [
    "0 bit/s",
    "0 bit/s",
    "8 bit/s",
    "999 bit/s",
    "1.00 kbit/s",
    "1.00 kbit/s",
    "125 kbit/s",
    "9.99 Mbit/s",
    "1.00 Gbit/s",
    "1000 Tbit/s",
    "8000 Tbit/s",
  ]);
});

test("octetsText() uses powers of two", () => {
  deepEqual([0, 1023, 1024, 262_144, 1_073_741_824].map(octetsText), [
    "0 B",
    "1023 B",
    "1.00 KiB",
    "256 KiB",
    "1.00 GiB",
  ]);
});

test("rateText() keeps rare events from looking like none", () => {
  equal(rateText(0), "0/s");
  equal(rateText(1 / 60), "60/h");
  equal(rateText(0.00001), "1/h");
  equal(rateText(0.5), "0.5/s");
  equal(rateText(1234.4, "frames"), "1,234 frames/s");
});

test("durationText() shows the two largest units", () => {
  deepEqual([-1, 0, 59.9, 60, 3599, 3600, 86_399, 90_000].map(durationText), [
    "0 s",
    "0 s",
    "59 s",
    "1 min 0 s",
    "59 min 59 s",
    "1 h 0 min",
    "23 h 59 min",
    "1 d 1 h",
  ]);
});

test("microsText() goes from microseconds to seconds", () => {
  deepEqual([null, 0, 999, 1000, 250_000, 2.5e6].map(microsText), [
    "–",
    "0 µs",
    "999 µs",
    "1.00 ms",
    "250 ms",
    "2.50 s",
  ]);
});

test("countText(), percentText() and wordsText()", () => {
  equal(countText(1_234_567), "1,234,567");
  deepEqual([0, 0.001, 0.5, 1].map(percentText), ["0 %", "<1 %", "50 %", "100 %"]);
  equal(wordsText("icv_mismatch"), "icv mismatch");
});
