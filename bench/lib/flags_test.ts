import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { wholeFlag } from "./flags.ts";

test("wholeFlag() takes digits in a range, and names the flag", () => {
  equal(wholeFlag("runs", "1", { min: 1 }), 1);
  equal(wholeFlag("port", "65535", { min: 0, max: 65_535 }), 65_535);
  for (
    const text of ["", "0", "-1", "1.5", "1e3", " 1", "0x1", "many", undefined, "9".repeat(17)]
  ) {
    throws(() => wholeFlag("runs", text, { min: 1 }), {
      name: "ConfigError",
      message: "--runs: must be a whole number of 1 or more",
    });
  }
  throws(() => wholeFlag("port", "65536", { min: 0, max: 65_535 }), {
    message: "--port: must be a whole number from 0 to 65535",
  });
});
