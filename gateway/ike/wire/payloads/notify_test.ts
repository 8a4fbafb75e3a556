import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { PROTOCOL } from "../constants.ts";
import { NOTIFY } from "../notify_types.ts";
import {
  espSpiOf,
  findError,
  findNotify,
  makeEspNotify,
  makeNotify,
  numbersOf,
  parseNotify,
} from "./notify.ts";
import { reasonOf, valueOf } from "../../../../tests/support/ike/messages.ts";

test("IW49: a notify has room for its SPI", () => {
  for (const body of [[], [0, 0, 64], [3, 4, 64, 9], [3, 4, 64, 9, 1, 2, 3], [3, 255, 64, 9]]) {
    equal(reasonOf(parseNotify(Uint8Array.from(body))), "body_short", `${body}`);
  }
});

test("IW11: a notify with an SPI where none belongs is read as if without", () => {
  const { type, data } = valueOf(parseNotify(Uint8Array.of(1, 4, 0x40, 0, 9, 9, 9, 9, 7)));
  deepEqual([type, data], [NOTIFY.INITIAL_CONTACT, Uint8Array.of(7)]);
});

test("IW11: REKEY_SA needs protocol ESP and an SPI of 4 octets", () => {
  const rekey = (protocol: number, spi: readonly number[]): number | undefined =>
    espSpiOf({ ...makeNotify(NOTIFY.REKEY_SA), protocol, spi: Uint8Array.from(spi) });
  equal(rekey(PROTOCOL.ESP, [0xc0, 0xff, 0xee, 1]), 0xc0ffee01);
  equal(espSpiOf(makeEspNotify(NOTIFY.REKEY_SA, 0xc0ffee01)), 0xc0ffee01);
  for (const protocol of [PROTOCOL.NONE, PROTOCOL.IKE, PROTOCOL.AH, 255]) {
    equal(rekey(protocol, [0xc0, 0xff, 0xee, 1]), undefined);
  }
  for (const spi of [[], [1], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7, 8]]) {
    equal(rekey(PROTOCOL.ESP, spi), undefined);
  }
});

test("IW11: of two notifies of one type the first counts", () => {
  const [first, second] = [1, 2].map((octet) => makeNotify(NOTIFY.COOKIE, Uint8Array.of(octet)));
  const other = makeNotify(NOTIFY.INITIAL_CONTACT);
  const all = [other, first, second].filter((notify) => notify !== undefined);
  equal(findNotify(all, NOTIFY.COOKIE), first);
  equal(findNotify(all, NOTIFY.REKEY_SA), undefined);
});

test("IW10: error types end where status types begin", () => {
  for (const type of [0, NOTIFY.INVALID_SYNTAX, 8191, 16_383]) {
    equal(findError([makeNotify(16_384), makeNotify(type)])?.type, type);
  }
  equal(findError([makeNotify(16_384), makeNotify(40_959), makeNotify(65_535)]), undefined);
});

test("numbers in the data of a notify are whole", () => {
  deepEqual(numbersOf(makeNotify(NOTIFY.SIGNATURE_HASH_ALGORITHMS, Uint8Array.of(0, 2, 0, 5))), [
    2,
    5,
  ]);
  deepEqual(numbersOf(makeNotify(NOTIFY.INVALID_KE_PAYLOAD, Uint8Array.of(0, 31, 0))), [31]);
  deepEqual(numbersOf(makeNotify(NOTIFY.INVALID_KE_PAYLOAD)), []);
});
