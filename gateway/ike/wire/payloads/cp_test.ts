import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { CP_ATTRIBUTE, CP_TYPE } from "../constants.ts";
import { LIMIT } from "../limits.ts";
import { parseCp } from "./cp.ts";
import { reasonOf, valueOf } from "../../../../tests/support/ike/messages.ts";

type Attribute = readonly [type: number, valueLen: number];

function body(...attributes: readonly Attribute[]): Uint8Array {
  const octets = attributes.flatMap(([type, len]) => {
    return [type >>> 8, type & 0xff, len >>> 8, len & 0xff, ...new Array(len).fill(1)];
  });
  return Uint8Array.from([CP_TYPE.REQUEST, 0, 0, 0, ...octets]);
}

function typesOf(...attributes: readonly Attribute[]): number[] {
  return valueOf(parseCp(body(...attributes))).attributes.map(({ type }) => type);
}

test("IW66: an attribute ends inside the payload", () => {
  const octets = body([CP_ATTRIBUTE.INTERNAL_IP4_DNS, 4]);
  for (let len = 0; len < octets.length; len++) {
    const reason = len < 4 ? "body_short" : len === 4 ? null : "cp_lengths";
    equal(reasonOf(parseCp(octets.subarray(0, len))), reason, `${len}`);
  }
});

test("IW67: an attribute that is unknown or of a wrong length is passed over", () => {
  const lens: readonly (readonly [number, readonly number[]])[] = [
    [CP_ATTRIBUTE.INTERNAL_IP4_ADDRESS, [0, 4]],
    [CP_ATTRIBUTE.INTERNAL_IP4_NETMASK, [0, 4]],
    [CP_ATTRIBUTE.INTERNAL_IP4_DNS, [0, 4]],
    [CP_ATTRIBUTE.INTERNAL_IP4_NBNS, [0, 4]],
    [CP_ATTRIBUTE.INTERNAL_IP4_DHCP, [0, 4]],
    [CP_ATTRIBUTE.APPLICATION_VERSION, [0, 1, 4, 5, 8, 16, 17]],
    [CP_ATTRIBUTE.INTERNAL_IP6_ADDRESS, [0, 17]],
    [CP_ATTRIBUTE.INTERNAL_IP6_DNS, [0, 16]],
    [CP_ATTRIBUTE.INTERNAL_IP6_DHCP, [0, 16]],
    [CP_ATTRIBUTE.INTERNAL_IP4_SUBNET, [0, 8]],
    [CP_ATTRIBUTE.SUPPORTED_ATTRIBUTES, [0, 4, 8, 16]],
    [CP_ATTRIBUTE.INTERNAL_IP6_SUBNET, [0, 17]],
    [CP_ATTRIBUTE.INTERNAL_DNS_DOMAIN, [0, 1, 4, 5, 8, 16, 17]],
  ];
  for (const [type, good] of lens) {
    const taken = [0, 1, 4, 5, 8, 16, 17].filter((len) => typesOf([type, len]).length > 0);
    deepEqual(taken, good, `${type}`);
  }
  deepEqual(typesOf([27, 0], [28, 4], [CP_ATTRIBUTE.INTERNAL_IP4_DNS, 4], [0x7fff, 1]), [3]);
});

test("IW67: an iOS request with everything empty is read", () => {
  const asked = [1, 2, 6, 3, 8, 12, 10, 25];
  deepEqual(
    typesOf(...asked.map((type): Attribute => [type, 0]), [27, 0], [28, 0], [29, 0]),
    asked,
  );
});

test("IW6: the reserved bit in front of a type is ignored", () => {
  deepEqual(typesOf([0x8000 | CP_ATTRIBUTE.INTERNAL_IP4_DNS, 0]), [CP_ATTRIBUTE.INTERNAL_IP4_DNS]);
});

test("IW5: attributes are limited, unknown ones too", () => {
  const unknown: readonly Attribute[] = new Array(LIMIT.CP_ATTRIBUTES).fill([99, 0]);
  equal(reasonOf(parseCp(body(...unknown))), null);
  equal(reasonOf(parseCp(body(...unknown, [1, 0]))), "cp_attributes_too_many");
});
