import { equal } from "node:assert/strict";
import { test } from "node:test";
import { PATH_KIND_SHIFT, PATH_ROW_MASK, PATH_TCP } from "../../ts-bindings/layout.ts";
import { pathRow } from "./peer_path.ts";

test("pathRow() finds the row of a TCP connection, and none without a path", () => {
  equal(pathRow(0), 0);
  for (const row of [1, 77, PATH_ROW_MASK]) {
    equal(pathRow((PATH_TCP << PATH_KIND_SHIFT) | row), row);
  }
});

test("pathRow() finds no row in a path of another kind", () => {
  // The core's u32 comes as an i32: the last kinds look negative.
  for (const kind of [1, 7, 8, 15]) equal(pathRow((kind << PATH_KIND_SHIFT) | 77), 0);
});
