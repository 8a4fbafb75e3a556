import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Arrival } from "./front.ts";
import { createFront } from "./fronts.ts";

test("the plain front admits a connection at once, as accept4 has named its client", () => {
  const admitted: Arrival[] = [];
  createFront("plain").meet(7, (arrival) => void admitted.push(arrival));
  deepEqual(admitted, [{ fd: 7, role: "responder", state: "accepted", client: null }]);
});
