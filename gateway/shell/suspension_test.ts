import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { openTestKernel } from "../../tests/support/test_kernel.ts";
import { CLOCK_BOOTTIME, LITTLE_ENDIAN } from "../linux/constants.ts";
import { watchSuspension } from "./suspension.ts";

test("the time by which the clock of the boot runs ahead is told once", () => {
  const { scratch } = openTestKernel();
  const clocks = { monotonic: 5000, asleep: 70_000 };
  const libc = {
    errno: () => 0,
    "clock_gettime": (clock: number): number => {
      const ms = clocks.monotonic + (clock === CLOCK_BOOTTIME ? clocks.asleep : 0);
      scratch.view.setBigInt64(0, BigInt(Math.floor(ms / 1000)), LITTLE_ENDIAN);
      scratch.view.setBigInt64(8, BigInt(ms % 1000) * 1_000_000n, LITTLE_ENDIAN);
      return 0;
    },
  };
  const suspended = watchSuspension({ libc, scratch });
  clocks.monotonic += 3000;
  const seen = [suspended()];
  clocks.asleep += 28_800_000;
  seen.push(suspended(), suspended());
  // Readings that are a moment apart are no suspension, and are not lost.
  clocks.asleep += 60;
  seen.push(suspended());
  clocks.asleep += 60;
  seen.push(suspended());
  deepEqual(seen, [0, 28_800_000, 0, 0, 120]);
});

test("the host's own clocks tell of none", () => {
  equal(watchSuspension(openTestKernel())(), 0);
});
