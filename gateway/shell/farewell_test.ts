import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type FarewellOptions, sayFarewell } from "./farewell.ts";

/** Peers by number; an odd one answers a Delete at once, and one that has no connection is away. */
function openPeers(
  ids: readonly number[],
  isAway: (id: number) => boolean = () => false,
): { options: FarewellOptions; ordered: number[] } {
  const up = new Set(ids);
  const ordered: number[] = [];
  const parts = {
    ike: {
      peers: { peers: () => [...up].map((id) => ({ id, path: id })) },
      order({ ike }: { ike: number }): void {
        ordered.push(ike);
        if (ike % 2 === 1) up.delete(ike);
      },
    },
    rows: { locate: (path: number) => isAway(path) ? undefined : { row: path } },
  };
  return { options: parts as unknown as FarewellOptions, ordered };
}

test("sayFarewell() deletes every IKE SA once, in batches, until all have agreed", async () => {
  const ids = Array.from({ length: 1000 }, (_, i) => 2 * i + 1);
  const { options, ordered } = openPeers(ids);
  await sayFarewell({ ...options, timeoutMs: 60_000 });
  deepEqual(ordered, ids);
});

test("sayFarewell() leaves a peer alone that has no connection, and does not wait for it", async () => {
  const { options, ordered } = openPeers([1, 2, 3], (id) => id === 2);
  await sayFarewell({ ...options, timeoutMs: 60_000 });
  deepEqual(ordered, [1, 3]);
});

test("sayFarewell() waits no longer than it may for a peer that does not answer", async () => {
  const { options, ordered } = openPeers([2]);
  await sayFarewell({ ...options, timeoutMs: 60 });
  deepEqual(ordered, [2]);
});

test("sayFarewell() without peers is over at once", async () => {
  const { options, ordered } = openPeers([]);
  let isOver = false;
  void sayFarewell(options).then(() => void (isOver = true));
  await Promise.resolve();
  await Promise.resolve();
  ok(isOver);
  equal(ordered.length, 0);
});
