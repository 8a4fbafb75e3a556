import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../limits.ts";
import { emitSa, parseSa, type Proposal, type SaPayload } from "./sa.ts";
import { createWriter } from "../writer.ts";
import {
  ESP_PROPOSAL,
  IKE_PROPOSAL,
  transform,
} from "../../../../tests/support/ike/arbitraries.ts";
import { join, reasonOf, valueOf } from "../../../../tests/support/ike/messages.ts";

function bodyOf(...proposals: readonly Proposal[]): Uint8Array {
  const writer = createWriter(new Uint8Array(65_536));
  emitSa(writer, { kind: "sa", proposals });
  return writer.written().slice();
}

/** A body of one proposal with one transform, which has these octets behind its type and id. */
function withAttributes(...attributes: readonly number[]): SaPayload {
  const len = 8 + attributes.length;
  const transformOctets = [0, 0, 0, len, 1, 0, 0, 20, ...attributes];
  return valueOf(parseSa(Uint8Array.from([0, 0, 0, 8 + len, 1, 1, 0, 1, ...transformOctets])));
}

const ESP = bodyOf(ESP_PROPOSAL);

test("IW53: proposals and transforms are as long as they say", () => {
  equal(reasonOf(parseSa(ESP)), null);
  for (let len = 0; len < ESP.length; len++) {
    equal(reasonOf(parseSa(ESP.subarray(0, len))), "proposal_lengths", `${len}`);
  }
  equal(reasonOf(parseSa(join([ESP, [0]]))), "proposal_lengths");
  const lengths = [[3, -1], [3, 1], [15, -1], [15, 1], [15, -4], [15, 4]] as const;
  for (const [at, change] of lengths) {
    const octets = ESP.slice();
    octets[at] = (octets[at] ?? 0) + change;
    const expected = at === 3 ? ["proposal_lengths", "transform_lengths"] : ["transform_lengths"];
    ok(expected.includes(reasonOf(parseSa(octets)) ?? ""), `${at} ${change}`);
  }
});

test("IW53: a length of 0 makes no loop without end", () => {
  const none = ESP.slice();
  none[3] = 0;
  equal(reasonOf(parseSa(none)), "proposal_lengths");
  const short = ESP.slice();
  short[15] = 0;
  equal(reasonOf(parseSa(short)), "transform_lengths");
});

test("IW53: the count is that of the transforms that are there", () => {
  for (const count of [0, 1, 2, 4, 255]) {
    const octets = ESP.slice();
    octets[7] = count;
    const reason = count > LIMIT.TRANSFORMS_OF_PROPOSAL
      ? "transforms_too_many"
      : "transform_lengths";
    equal(reasonOf(parseSa(octets)), reason, `${count}`);
  }
  deepEqual(
    valueOf(parseSa(bodyOf({ ...ESP_PROPOSAL, transforms: [] }))).proposals[0]?.transforms,
    [],
  );
});

test("IW53: the last proposal and the last transform are marked, and no other", () => {
  const two = bodyOf(IKE_PROPOSAL, { ...IKE_PROPOSAL, number: 2 });
  equal(two[0], 2);
  for (const mark of [0, 1, 3]) {
    const octets = two.slice();
    octets[0] = mark;
    equal(reasonOf(parseSa(octets)), "proposal_lengths", `${mark}`);
  }
  for (const mark of [0, 2]) {
    const octets = ESP.slice();
    octets[12] = mark;
    equal(reasonOf(parseSa(octets)), "transform_lengths", `${mark}`);
  }
  const last = ESP.slice();
  last[0] = 2;
  equal(reasonOf(parseSa(last)), "proposal_lengths");
});

test("IW53: an SA payload has a proposal", () => {
  equal(reasonOf(parseSa(new Uint8Array(0))), "proposal_lengths");
});

test("IW54: numbers of proposals are taken as they come", () => {
  const body = bodyOf({ ...IKE_PROPOSAL, number: 3 }, { ...IKE_PROPOSAL, number: 3 });
  deepEqual(valueOf(parseSa(body)).proposals.map(({ number }) => number), [3, 3]);
});

test("IW32: a key length is read; every other attribute makes the transform foreign", () => {
  const one = (...attributes: number[]): unknown => {
    const { keyBits, isForeign } = withAttributes(...attributes).proposals[0]?.transforms[0] ?? {};
    return [keyBits, isForeign];
  };
  deepEqual(one(), [null, false]);
  deepEqual(one(0x80, 14, 1, 0), [256, false]);
  deepEqual(one(0x80, 14, 1, 0, 0x80, 14, 0, 128), [128, true]);
  deepEqual(one(0x80, 15, 1, 0), [null, true]);
  deepEqual(one(0x00, 14, 0, 2, 1, 0), [null, true]);
  deepEqual(one(0x00, 99, 0, 0, 0x80, 14, 1, 0), [256, true]);
});

test("IW53: an attribute ends inside its transform", () => {
  for (const attribute of [[0x80], [0x80, 14, 1], [0, 99, 0, 1], [0, 99, 0xff, 0xff, 1]]) {
    const len = 8 + attribute.length;
    const octets = [0, 0, 0, 8 + len, 1, 1, 0, 1, 0, 0, 0, len, 1, 0, 0, 20, ...attribute];
    equal(reasonOf(parseSa(Uint8Array.from(octets))), "transform_lengths");
  }
});

test("IW5: proposals and transforms are limited", () => {
  const proposals = (count: number, transforms: number): Proposal[] =>
    Array.from({ length: count }, () => ({
      ...IKE_PROPOSAL,
      transforms: Array.from({ length: transforms }, () => transform(1, 20)),
    }));
  const reason = (count: number, transforms: number): string | null =>
    reasonOf(parseSa(bodyOf(...proposals(count, transforms))));
  equal(reason(LIMIT.PROPOSALS, 1), null);
  equal(reason(LIMIT.PROPOSALS + 1, 1), "proposals_too_many");
  equal(reason(1, LIMIT.TRANSFORMS_OF_PROPOSAL), null);
  equal(reason(1, LIMIT.TRANSFORMS_OF_PROPOSAL + 1), "transforms_too_many");
  equal(reason(4, LIMIT.TRANSFORMS_OF_SA / 4), null);
  equal(reason(5, LIMIT.TRANSFORMS_OF_SA / 4), "transforms_too_many");
});

test("IW6: reserved octets of proposals and transforms are ignored, and sent as 0", () => {
  const octets = ESP.slice();
  for (const at of [1, 13, 17]) {
    equal(octets[at], 0);
    octets[at] = 0xff;
  }
  deepEqual(parseSa(octets), parseSa(ESP));
});
