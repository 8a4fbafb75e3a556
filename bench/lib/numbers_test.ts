import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { digits, rateText, secondsText } from "./numbers.ts";

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
  deepEqual([2, 0.0123, 45.6e-6, 789e-9, 5e-9].map(secondsText), [
    "2.00 s",
    "12.3 ms",
    "45.6 µs",
    "789 ns",
    "5.00 ns",
  ]);
});

test("rateText() chooses the prefix", () => {
  const of = [2.074e9, 1.5e9, 59e6, 1234, 12].map((rate) => rateText(rate, "octets/s"));
  deepEqual(of, ["2.07 GB/s", "1.50 GB/s", "59.0 MB/s", "1.23 kB/s", "12.0 B/s"]);
  deepEqual([2e6, 1500].map((rate) => rateText(rate, "packets/s")), ["2.00 Mpkt/s", "1.50 kpkt/s"]);
  equal(rateText(1500, "handshakes/s"), "1.50 khs/s");
  equal(rateText(80, "rekeys/s"), "80.0 rekeys/s");
  deepEqual([4096, 414].map((octets) => rateText(octets, "octets")), ["4.10 kB", "414 B"]);
  equal(rateText(0.0123, "share"), "1.23 %");
  equal(rateText(1.234, "t"), "1.23");
});
