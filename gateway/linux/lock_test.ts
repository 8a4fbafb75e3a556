import { equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { tempFile } from "../../tests/support/temp.ts";
import { runtime } from "../runtime/mod.ts";
import { lockFile, openLockKernel } from "./lock.ts";

test("a file is locked once, until the lock is closed", () => {
  const kernel = openLockKernel(runtime);
  const path = tempFile("");
  const lock = lockFile(kernel, path);
  ok(lock !== undefined);
  equal(lockFile(kernel, path), undefined);
  lock.close();
  const next = lockFile(kernel, path);
  ok(next !== undefined);
  next.close();
});

test("a file that is not there cannot be locked", () => {
  const kernel = openLockKernel(runtime);
  throws(() => lockFile(kernel, "/nowhere/lock"), /^Error: Cannot lock \/nowhere\/lock: ENOENT$/);
  throws(() => lockFile(kernel, `/${"a".repeat(5000)}`), /its path is too long$/);
});
