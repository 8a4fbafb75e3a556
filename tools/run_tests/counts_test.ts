import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { countBun, countCargo, countDeno } from "./counts.ts";

test("countCargo() adds up the test binaries", () => {
  const output = `
running 2 tests
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s
`;
  deepEqual(countCargo(output), { passed: 5, failed: 1 });
});

test("countDeno() reads the closing line", () => {
  deepEqual(countDeno("\nok | 12 passed (3 steps) | 0 failed (2s)\n"), { passed: 12, failed: 0 });
  deepEqual(countDeno("\nFAILED | 1 passed | 2 failed | 1 ignored (2s)\n"), {
    passed: 1,
    failed: 2,
  });
});

test("countBun() reads the closing lines", () => {
  deepEqual(countBun(" 7 pass\n 2 fail\n 9 expect() calls\n"), { passed: 7, failed: 2 });
});

test("every count is 0 when nothing ran", () => {
  for (const count of [countBun, countCargo, countDeno]) {
    deepEqual(count("error: No test modules found\n"), { passed: 0, failed: 0 });
  }
});
