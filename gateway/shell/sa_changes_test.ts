import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { idOf, openTestSad, refusalIn, saSpec } from "../../tests/support/test_sad.ts";
import type { Refusal } from "../model/refusal.ts";
import { createSaChanges, type SaChanges, type SaCheck, type SaListener } from "./sa_changes.ts";
import type { Sad } from "./sad.ts";

const NO_KEY = new Uint8Array(20);

const REFUSAL: Refusal = { kind: "invalid", member: "remote", detail: "Not here" };

interface Scene {
  readonly changes: SaChanges;
  readonly sad: Sad;
  /** What was asked and told, in order. */
  readonly calls: string[];
}

/**
 * Changes of a real SAD with these checks, and with listeners "a" and "b" around the given ones.
 */
async function openScene(
  { checks = [], listeners = [] }: {
    readonly checks?: readonly SaCheck[];
    readonly listeners?: readonly SaListener[];
  } = {},
): Promise<Scene> {
  const { sad } = await openTestSad();
  const calls: string[] = [];

  function listener(name: string): SaListener {
    const told = (change: string, id: number): void => {
      calls.push(`${name} ${change} ${id} ${sad.find(id) === undefined ? "gone" : "there"}`);
    };
    return {
      installed: ({ id }) => told("installed", id),
      removed: ({ id }) => told("removed", id),
    };
  }

  const counted = checks.map((check, at): SaCheck => (spec) => {
    calls.push(`check ${at}`);
    return check(spec);
  });
  const all = [listener("a"), ...listeners, listener("b")];
  return { changes: createSaChanges({ sad, checks: counted, listeners: all }), sad, calls };
}

test("install() asks each check, then installs, then tells each listener, in order", async () => {
  const nothing: SaCheck = () => undefined;
  const { changes, calls } = await openScene({ checks: [nothing, nothing] });
  const spec = saSpec({});
  equal(idOf(changes.install(spec)), 1);
  deepEqual(calls, ["check 0", "check 1", "a installed 1 there", "b installed 1 there"]);
  deepEqual(spec.keyMaterial, NO_KEY);
});

test("remove() removes, then tells each listener, in order", async () => {
  const { changes, calls } = await openScene();
  changes.install(saSpec({}));
  calls.length = 0;
  ok(changes.remove(1));
  deepEqual(calls, ["a removed 1 gone", "b removed 1 gone"]);
  ok(!changes.remove(1));
  equal(calls.length, 2, "there was nothing to tell of");
});

test("a listener gets the SA without its key", async () => {
  const entries: unknown[] = [];
  const keep: SaListener = {
    installed: (entry) => void entries.push(entry),
    removed: (entry) => void entries.push(entry),
  };
  const { changes } = await openScene({ listeners: [keep] });
  changes.install(saSpec({}));
  changes.remove(1);
  equal(entries.length, 2);
  equal(entries[0], entries[1]);
  ok(entries.every((entry) => !Object.hasOwn((entry as { spec: object }).spec, "keyMaterial")));
});

test("a check that refuses leaves nothing behind, and the key is wiped", async () => {
  const refuses: SaCheck = () => REFUSAL;
  const { changes, sad, calls } = await openScene({ checks: [refuses, () => undefined] });
  const spec = saSpec({});
  deepEqual(changes.install(spec), REFUSAL);
  deepEqual(calls, ["check 0"], "no later check is asked, no listener hears");
  deepEqual(spec.keyMaterial, NO_KEY);
  deepEqual(sad.views(), []);
  // The key was not used: it may still serve the other direction.
  equal(idOf(sad.install(saSpec({ direction: "inbound" }))), 1);
});

test("a check that throws leaves nothing behind, and the key is wiped", async () => {
  const fails: SaCheck = () => {
    throw new Error("Broken check");
  };
  const { changes, sad, calls } = await openScene({ checks: [fails] });
  const spec = saSpec({});
  throws(() => changes.install(spec), /Broken check/);
  deepEqual([calls, sad.views()], [["check 0"], []]);
  deepEqual(spec.keyMaterial, NO_KEY);
});

test("nobody hears of what the SAD refuses, and the key is wiped", async () => {
  const { changes, calls } = await openScene();
  changes.install(saSpec({ direction: "inbound" }));
  calls.length = 0;
  const again = saSpec({ direction: "inbound", keyMaterial: new Uint8Array(20).fill(8) });
  equal(refusalIn(changes.install(again)).member, "spi");
  deepEqual(calls, []);
  deepEqual(again.keyMaterial, NO_KEY);
});

test("when a listener throws, the change stands, and those behind it hear", async () => {
  const fail = (): never => {
    throw new Error("Broken listener");
  };
  const { changes, sad, calls } = await openScene({
    listeners: [{ installed: fail, removed: fail }],
  });
  const spec = saSpec({});
  throws(() => changes.install(spec), /Broken listener/);
  deepEqual(spec.keyMaterial, NO_KEY);
  equal(sad.views().length, 1);
  throws(() => changes.remove(1), /Broken listener/);
  deepEqual(sad.views(), []);
  deepEqual(calls.filter((call) => call.startsWith("b")), [
    "b installed 1 there",
    "b removed 1 gone",
  ]);
});

test("close() refuses every install from then on, and removals go on", async () => {
  const { changes, calls } = await openScene();
  equal(idOf(changes.install(saSpec({ spi: 0x100 }))), 1);
  changes.close();
  calls.length = 0;
  const late = saSpec({ spi: 0x101 });
  deepEqual(changes.install(late), { kind: "conflict", detail: "The gateway is ending" });
  deepEqual(late.keyMaterial, NO_KEY);
  ok(changes.remove(1));
  deepEqual(calls, ["a removed 1 gone", "b removed 1 gone"]);
});
