import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { openTestSad, saSpec } from "../../tests/support/test_sad.ts";
import { createKeyUse } from "./key_use.ts";

test("install() refuses an outbound SA the key of an inbound one that has gone", async () => {
  const { sad } = await openTestSad();
  equal(sad.install(saSpec({ direction: "inbound" })), undefined);
  sad.remove(0x100);
  const refusal = sad.install(saSpec({ direction: "outbound", initialSequence: 0n }));
  deepEqual([refusal?.kind, refusal?.member], ["invalid", "keyMaterial"]);
});

test("install() gives the core no SA whose key cannot be remembered", async () => {
  const keys = createKeyUse(new Uint8Array(32));
  const full = (): never => {
    throw new RangeError("No memory");
  };
  const { sad, core } = await openTestSad({ ...keys, take: full });
  const spec = saSpec({});
  throws(() => sad.install(spec), /No memory/);
  deepEqual([core.sa_find(0x100), sad.views()], [0, []]);
  deepEqual(spec.keyMaterial, new Uint8Array(20));
});

test("install() forgets the use of a key whose SA the core refuses", async () => {
  const { sad } = await openTestSad();
  // An AEAD's key of a length that it has not.
  const refused = saSpec({ direction: "inbound", keyMaterial: new Uint8Array(17).fill(9) });
  equal(sad.install(refused)?.kind, "invalid");
  const outbound = saSpec({ keyMaterial: new Uint8Array(17).fill(9) });
  equal(sad.install(outbound)?.detail, "A member is out of range");
});
