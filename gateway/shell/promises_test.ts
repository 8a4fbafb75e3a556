import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { idOf, openTestSad, saSpec } from "../../tests/support/test_sad.ts";
import { createPromises, type Promises } from "./promises.ts";
import { createSaChanges, type SaChanges } from "./sa_changes.ts";

interface Scene {
  readonly promises: Promises;
  readonly changes: SaChanges;
  /** Calls of the core, and orders to the lanes. */
  readonly calls: string[];
}

async function openScene(): Promise<Scene> {
  const { sad } = await openTestSad();
  const calls: string[] = [];
  const promises = createPromises({
    core: {
      spi_promise: (_, spi) => void calls.push(`promise ${spi}`),
      spi_forget: (_, spi) => void calls.push(`forget ${spi}`),
    },
    index: 1,
    settle: () => void calls.push("settle"),
  });
  const changes = createSaChanges({ sad, checks: [], listeners: [promises.listener] });
  return { promises, changes, calls };
}

test("an install keeps a promise: lanes look at what waits, once", async () => {
  const { promises, changes, calls } = await openScene();
  promises.promise(0x100);
  idOf(changes.install(saSpec({ spi: 0x101, direction: "inbound" })));
  const outbound = saSpec({ spi: 0x100, keyMaterial: new Uint8Array(20).fill(1) });
  changes.remove(idOf(changes.install(outbound)));
  deepEqual(calls, ["promise 256"], "neither another SPI nor one of the peer's");
  const key = new Uint8Array(20).fill(2);
  idOf(changes.install(saSpec({ direction: "inbound", keyMaterial: key })));
  deepEqual(calls, ["promise 256", "settle"]);
  promises.forget(0x100);
  equal(calls.length, 2, "it was kept");
});

test("a promise that is taken back is told too, once", async () => {
  const { promises, calls } = await openScene();
  promises.promise(0x100);
  promises.forget(0x100);
  promises.forget(0x100);
  promises.forget(0x101);
  deepEqual(calls, ["promise 256", "forget 256", "settle"]);
});
