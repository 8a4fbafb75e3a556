import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ID } from "../constants.ts";
import { LIMIT } from "../limits.ts";
import { isGoodId, makeId, parseId } from "./id.ts";
import { reasonOf, valueOf } from "../../../../tests/support/ike/messages.ts";

test("IW49: an identity has a type", () => {
  for (let len = 0; len < 4; len++) {
    equal(reasonOf(parseId("idi", new Uint8Array(len))), "body_short");
  }
});

test("IW6: what AUTH covers has the reserved octets as they came", () => {
  const body = Uint8Array.of(ID.KEY_ID, 1, 2, 3, 9);
  const id = valueOf(parseId("idi", body));
  deepEqual([id.type, id.data, id.body], [ID.KEY_ID, Uint8Array.of(9), body]);
  deepEqual(makeId("idi", id).body, Uint8Array.of(ID.KEY_ID, 0, 0, 0, 9));
});

test("IW61: an identity has a known type and data as its type has it", () => {
  const good: readonly (readonly [number, readonly number[]])[] = [
    [ID.IPV4_ADDR, [4]],
    [ID.FQDN, [1, LIMIT.ID_LEN]],
    [ID.RFC822_ADDR, [1, LIMIT.ID_LEN]],
    [ID.IPV6_ADDR, [16]],
    [ID.DER_ASN1_DN, [1, LIMIT.ID_LEN]],
    [ID.DER_ASN1_GN, [1, LIMIT.ID_LEN]],
    [ID.KEY_ID, [1, LIMIT.ID_LEN]],
    [ID.NULL, [0]],
  ];
  const lens = [0, 1, 3, 4, 5, 15, 16, 17, LIMIT.ID_LEN, LIMIT.ID_LEN + 1];
  for (const [type, [min = 0, max = min]] of good) {
    for (const len of lens) {
      const data = new Uint8Array(len).fill(0x61);
      equal(isGoodId({ type, data }), len >= min && len <= max, `${type} ${len}`);
    }
  }
  for (const type of [0, 4, 6, 7, 8, 12, 14, 255]) {
    ok(!isGoodId({ type, data: new Uint8Array(4) }), `${type}`);
  }
});

test("IW61: names have no NUL, and other identities may", () => {
  const data = Uint8Array.of(0x61, 0, 0x62);
  for (const type of [ID.FQDN, ID.RFC822_ADDR]) ok(!isGoodId({ type, data }));
  for (const type of [ID.KEY_ID, ID.DER_ASN1_DN]) ok(isGoodId({ type, data }));
});
