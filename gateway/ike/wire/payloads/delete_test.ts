import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { PROTOCOL } from "../constants.ts";
import { LIMIT } from "../limits.ts";
import { emitDelete, parseDelete } from "./delete.ts";
import { createWriter } from "../writer.ts";
import { reasonOf, valueOf } from "../../../../tests/support/ike/messages.ts";

test("IW68: count and size of a Delete fit its SPIs", () => {
  const wrong = [
    [PROTOCOL.ESP, 4, 0, 1],
    [PROTOCOL.ESP, 4, 0, 1, 1, 2, 3],
    [PROTOCOL.ESP, 4, 0, 1, 1, 2, 3, 4, 5],
    [PROTOCOL.ESP, 4, 0, 0, 1, 2, 3, 4],
    [PROTOCOL.ESP, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8],
    [PROTOCOL.ESP, 0, 0xff, 0xff],
    [PROTOCOL.ESP, 4, 0xff, 0xff, 1, 2, 3, 4],
  ];
  for (const body of wrong) {
    equal(reasonOf(parseDelete(Uint8Array.from(body))), "delete_spis", `${body}`);
  }
  for (let len = 0; len < 4; len++) equal(reasonOf(parseDelete(new Uint8Array(len))), "body_short");
});

test("IW68: a Delete of the IKE SA has no SPIs", () => {
  const body = (...spis: readonly number[]): Uint8Array => Uint8Array.of(PROTOCOL.IKE, ...spis);
  deepEqual(valueOf(parseDelete(body(0, 0, 0))).spis, []);
  equal(reasonOf(parseDelete(body(4, 0, 1, 1, 2, 3, 4))), "delete_spis");
  equal(reasonOf(parseDelete(body(8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8))), "delete_spis");
  equal(reasonOf(parseDelete(body(0, 0, 1))), "delete_spis");
});

test("IW5: of very many SPIs the first are read", () => {
  const spis = Array.from({ length: LIMIT.DELETED_SPIS + 9 }, (_, at) => at);
  const writer = createWriter(new Uint8Array(2048));
  emitDelete(writer, { kind: "delete", protocol: PROTOCOL.ESP, spis });
  const parsed = valueOf(parseDelete(writer.written()));
  deepEqual(parsed.spis, spis.slice(0, LIMIT.DELETED_SPIS));
});
