import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Libc } from "../runtime/types.ts";
import { openTestKernel } from "../../tests/support/test_kernel.ts";
import { raiseOpenFiles } from "./limits.ts";

test("raiseOpenFiles() makes the soft limit the hard one", () => {
  const limit = raiseOpenFiles(openTestKernel());
  const line = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  assert.deepEqual([line?.[1], line?.[2]], [`${limit}`, `${limit}`]);
});

test("raiseOpenFiles() goes on with the limit that there is if the kernel refuses", () => {
  const kernel = openTestKernel();
  const { libc } = kernel;
  const soft = Number(
    /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1],
  );
  // The first call asks, the second sets.
  for (const [refused, limit] of [[2, soft], [1, Infinity]]) {
    let calls = 0;
    const prlimit: Libc["prlimit"] = (pid, ...rest) =>
      ++calls === refused ? -1 : libc.prlimit(pid, ...rest);
    assert.equal(raiseOpenFiles({ ...kernel, libc: { ...libc, prlimit } }), limit);
  }
});
