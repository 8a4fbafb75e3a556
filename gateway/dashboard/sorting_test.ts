import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { createFakeConnection, createFakeSnapshot } from "../../tests/fakes/snapshots.ts";
import { createHistory } from "./history.js";
import { filterRows, nextOrder, sortRows } from "./sorting.js";

const NONE = { inbound: 0, outbound: 0 };

const ROWS = createHistory().push(createFakeSnapshot(1, [
  createFakeConnection(1, NONE, { remote: "192.0.2.10:80", spis: ["0xc0ffee01"], queueOctets: 5 }),
  createFakeConnection(2, NONE, {
    remote: "192.0.2.9:80",
    since: "2026-11-24T11:00:00Z",
    upstreamLocal: "127.97.46.176:40124",
  }),
  createFakeConnection(3, NONE, { remote: "[2001:db8::1]:80", lane: 1, state: "draining" }),
])).rows;

function ids(rows: readonly { readonly id: number }[]): number[] {
  return rows.map(({ id }) => id);
}

test("sortRows() sorts numbers in addresses as numbers, and equals by id", () => {
  deepEqual(ids(sortRows(ROWS, { column: "client", isDescending: false })), [2, 1, 3]);
  deepEqual(ids(sortRows(ROWS, { column: "queue", isDescending: true })), [1, 2, 3]);
  deepEqual(ids(sortRows(ROWS, { column: "age", isDescending: true })), [2, 1, 3]);
  deepEqual(ids(sortRows(ROWS, { column: "state", isDescending: true })), [3, 1, 2]);
});

test("nextOrder() reverses the same column, and puts large values first in others", () => {
  const byAge = { column: "age", isDescending: true } as const;
  deepEqual(nextOrder(byAge, "age"), { column: "age", isDescending: false });
  deepEqual(nextOrder(byAge, "in"), { column: "in", isDescending: true });
  deepEqual(nextOrder(byAge, "client"), { column: "client", isDescending: false });
});

test("filterRows() needs every word, and whole numbers of lane and connection", () => {
  deepEqual(ids(filterRows(ROWS, "")), [1, 2, 3]);
  deepEqual(ids(filterRows(ROWS, " 192.0.2 C0FFEE ")), [1]);
  deepEqual(ids(filterRows(ROWS, "lane:0")), [1, 2]);
  deepEqual(ids(filterRows(ROWS, "draining enabled")), []);
  deepEqual(ids(filterRows(ROWS, "127.97.46.176:40124")), [2]);
  const many = createHistory().push(createFakeSnapshot(
    1,
    [7, 70, 77].map((id) => {
      return createFakeConnection(id, NONE, { remote: "192.0.2.1:80", lane: id === 7 ? 1 : 10 });
    }),
  )).rows;
  deepEqual(ids(filterRows(many, "lane:1")), [7]);
  deepEqual(ids(filterRows(many, "LANE:10 192.0.2.1")), [70, 77]);
  deepEqual(ids(filterRows(many, "id:7")), [7]);
  deepEqual(ids(filterRows(many, "id:")), []);
});
