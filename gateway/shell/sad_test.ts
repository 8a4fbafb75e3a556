import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { idOf, openTestSad, refusalIn, saSpec } from "../../tests/support/test_sad.ts";
import { createKeyUse } from "./key_use.ts";

test("install() refuses an outbound SA the key of an inbound one that has gone", async () => {
  const { sad } = await openTestSad();
  sad.remove(idOf(sad.install(saSpec({ direction: "inbound" }))));
  const refusal = refusalIn(sad.install(saSpec({ direction: "outbound", initialSequence: 0n })));
  deepEqual([refusal.kind, refusal.member], ["invalid", "keyMaterial"]);
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
  equal(refusalIn(sad.install(refused)).kind, "invalid");
  const outbound = saSpec({ keyMaterial: new Uint8Array(17).fill(9) });
  equal(refusalIn(sad.install(outbound)).detail, "A member is out of range");
});

test("outbound SAs of one SPI are told apart by their ids, beside an inbound one", async () => {
  const { sad, core } = await openTestSad();
  const key = (n: number): Uint8Array => new Uint8Array(20).fill(n);
  const remote = (n: number) => [{ octets: Uint8Array.of(10, n, 0, 0), bits: 24, text: `10.${n}` }];
  const outbound = [1, 2, 3].map((n) => {
    // The first two are of one peer.
    const peer = n === 3 ? "q" : "p";
    return idOf(sad.install(saSpec({ peer, keyMaterial: key(n), remote: remote(n) })));
  });
  const inbound = saSpec({ direction: "inbound", keyMaterial: key(4) });
  const id = idOf(sad.install(inbound));
  deepEqual(sad.idsOf(0x100), [...outbound, id]);
  deepEqual(sad.views().map((view) => view.id), [1, 2, 3, 4]);
  equal(refusalIn(sad.install({ ...inbound, keyMaterial: key(5) })).member, "spi");
  equal(sad.find(2)?.row, 2);
  equal(sad.remove(2)?.id, 2);
  equal(sad.remove(2), undefined);
  deepEqual(sad.idsOf(0x100), [1, 3, 4]);
  equal(core.sa_find(0x100), 4);
  // The row is used again, the id is not.
  const next = idOf(sad.install(saSpec({ keyMaterial: key(6), remote: remote(2) })));
  deepEqual([next, sad.find(next)?.row], [5, 2]);
  equal(sad.view(2), undefined);
});
