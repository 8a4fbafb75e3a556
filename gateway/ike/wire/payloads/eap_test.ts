import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EAP_CODE } from "../constants.ts";
import { LIMIT } from "../limits.ts";
import { type EapPacket, makeEapPacket, parseEapPacket } from "./eap.ts";
import { octets } from "../../../../tests/support/ike/arbitraries.ts";

function packet(...values: readonly number[]): EapPacket | undefined {
  return parseEapPacket(Uint8Array.from(values));
}

test("IW71: an EAP packet is as long as it says, and its payload no longer", () => {
  deepEqual(packet(EAP_CODE.SUCCESS, 7, 0, 4), {
    code: EAP_CODE.SUCCESS,
    identifier: 7,
    type: null,
    data: new Uint8Array(0),
  });
  const wrong = [[], [1, 7, 0], [1, 7, 0, 4, 1], [1, 7, 0, 6, 1], [2, 7, 0, 5, 1, 2], [1, 7, 0, 3]];
  for (const values of wrong) equal(packet(...values), undefined, `${values}`);
});

test("IW71: Success has no fifth octet, and a request has a type", () => {
  equal(packet(EAP_CODE.SUCCESS, 7, 0, 5, 6), undefined);
  equal(packet(EAP_CODE.FAILURE, 7, 0, 5, 6), undefined);
  equal(packet(EAP_CODE.REQUEST, 7, 0, 4), undefined);
  equal(packet(EAP_CODE.RESPONSE, 7, 0, 5, 26)?.type, 26);
});

test("IW71: codes are 1 to 4", () => {
  for (const code of [0, 5, 255]) equal(packet(code, 7, 0, 4), undefined);
});

test("IW5: an EAP packet is limited", () => {
  const make = (len: number): Uint8Array =>
    makeEapPacket({
      code: EAP_CODE.REQUEST,
      identifier: 1,
      type: 13,
      data: new Uint8Array(len - 5),
    });
  equal(parseEapPacket(make(LIMIT.EAP_LEN))?.data.length, LIMIT.EAP_LEN - 5);
  equal(parseEapPacket(make(LIMIT.EAP_LEN + 1)), undefined);
});

test("IW71: an EAP packet that is made and parsed is the same", () => {
  const codes = fc.constantFrom(EAP_CODE.REQUEST, EAP_CODE.RESPONSE);
  fc.assert(fc.property(codes, fc.nat(255), octets(0, 60), (code, identifier, data) => {
    const made = { code, identifier, type: 26, data };
    deepEqual(parseEapPacket(makeEapPacket(made)), made);
  }));
});
