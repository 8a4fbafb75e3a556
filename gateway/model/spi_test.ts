import { equal } from "node:assert/strict";
import { test } from "node:test";
import { parseSpi, spiText } from "./spi.ts";

test("parseSpi() takes hex of either case, and spiText() writes eight digits of it", () => {
  equal(parseSpi("0x100"), 0x100);
  equal(parseSpi("0xFFFFFFFF"), 0xffff_ffff);
  for (const text of ["", "0x", "0xff", "256", "0x100000000", "0x1g0", " 0x100"]) {
    equal(parseSpi(text), undefined, text);
  }
  equal(spiText(0x1ff), "0x000001ff");
});
