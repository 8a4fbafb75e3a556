import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { idOf, openTestSad, refusalIn, saSpec } from "../../tests/support/test_sad.ts";
import {
  FAMILY_V4,
  LANE_SOCKADDR,
  ROW_GENERATION,
  SA_IS_STANDBY,
} from "../../ts-bindings/layout.ts";
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

test("a key that cannot come again is not remembered", async () => {
  const none = (): never => {
    throw new RangeError("No memory");
  };
  const keys = createKeyUse(new Uint8Array(32));
  const { sad } = await openTestSad({ ...keys, digest: none, take: none, refusal: none });
  const spec = saSpec({});
  const id = idOf(sad.install(spec, { isKeyFresh: true }));
  deepEqual(spec.keyMaterial, new Uint8Array(20));
  equal(sad.remove(id)?.digest, null);
  throws(() => sad.install(saSpec({})), /No memory/);
});

test("an outbound SA on standby is put to use by its id", async () => {
  const { sad, core, views } = await openTestSad();
  const isStandby = (id: number): boolean => {
    const at = core.sa_row(sad.find(id)?.row ?? 0) + SA_IS_STANDBY;
    return views.u32[at >>> 2] === 1;
  };
  const first = idOf(sad.install(saSpec({})));
  const keyMaterial = new Uint8Array(20).fill(8);
  const second = idOf(sad.install(saSpec({ keyMaterial }), { isStandby: true }));
  deepEqual([isStandby(first), isStandby(second)], [false, true]);
  deepEqual([first, second].map((id) => sad.find(id)?.isStandby), [false, true]);
  ok(sad.use(second));
  ok(!isStandby(second));
  sad.remove(second);
  ok(!sad.use(second));
});

test("usePathOf() takes a connection that lives, for a peer that has an SA", async () => {
  const { sad, core, views } = await openTestSad();
  views.u8.set([FAMILY_V4, 0, 0, 1, 192, 0, 2, 1], core.lane_block(0) + LANE_SOCKADDR);
  const row = core.conn_open(0, 5, 6, 1, 1);
  const generation = views.u32[(core.conn_row(row) + ROW_GENERATION) >>> 2] ?? 0;
  const id = idOf(sad.install(saSpec({})));
  ok(!sad.usePathOf("q", { row, generation }));
  ok(!sad.usePathOf("p", { row, generation: generation + 1 }));
  equal(sad.pathOf(id), 0);
  ok(sad.usePathOf("p", { row, generation }));
  equal(sad.pathOf(id), row);
  core.conn_close_begin(0, row, 6);
  core.conn_close_end(0, row);
  ok(!sad.usePathOf("p", { row, generation }));
});
