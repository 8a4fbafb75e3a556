import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { doBatch, type IkeBatchOptions } from "./ike_batch.ts";
import { createIkePeers } from "./ike_peers.ts";

function unused(): never {
  throw new Error("Nothing calls this");
}

test("an attempt that was refused is a stranger's event, which gives way to others", () => {
  const told: unknown[] = [];
  const options: IkeBatchOptions = {
    changes: { install: unused, remove: unused },
    sad: { find: unused, idsOf: unused, usePathOf: unused },
    rows: { locate: () => undefined, show: unused },
    events: { tell: unused, tellOfStranger: (...event) => void told.push(event) },
    peers: createIkePeers({ date: () => new Date(0) }),
    promises: { promise: unused, forget: unused },
    childLifetimeS: () => 3600,
    heard: () => undefined,
  };
  doBatch(options, [{ kind: "refused", path: 1, reason: "secret", detail: "carol" }]);
  deepEqual(told, [["ike_refused", { reason: "secret", detail: "carol" }, "warn"]]);
});
