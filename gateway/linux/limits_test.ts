import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openTestKernel } from "../../tests/support/test_kernel.ts";
import { raiseOpenFiles } from "./limits.ts";

test("raiseOpenFiles() makes the soft limit the hard one", () => {
  const limit = raiseOpenFiles(openTestKernel());
  const line = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  assert.deepEqual([line?.[1], line?.[2]], [`${limit}`, `${limit}`]);
});
