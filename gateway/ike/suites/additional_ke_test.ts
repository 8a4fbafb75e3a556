import assert from "node:assert/strict";
import { test } from "node:test";
import { IKE_PROPOSAL, transform } from "../../../tests/support/ike/arbitraries.ts";
import type { Proposal } from "../wire/payloads/sa.ts";
import { additionalOf, additionalTransforms, chooseAdditional } from "./additional_ke.ts";
import type { AdditionalKe } from "./suite.ts";

/** A proposal with additional key exchanges, by type and method. */
function offer(...more: readonly (readonly [type: number, id: number])[]): Proposal {
  const added = more.map(([type, id]) => transform(type, id));
  return { ...IKE_PROPOSAL, transforms: [...IKE_PROPOSAL.transforms, ...added] };
}

function chosen(proposal: Proposal, ke1s: readonly AdditionalKe[], ke: 31 | 36 = 31): unknown {
  return chooseAdditional(proposal, { policy: { ke1s }, ke })?.value.ke1 ?? null;
}

test("IK12: the responder's preference counts, and no method comes twice", () => {
  const both = offer([6, 36], [6, 37]);
  assert.equal(chosen(both, [37, 36]), 37);
  assert.equal(chosen(both, [36, 37]), 36);
  assert.equal(chosen(both, [36, 37], 36), 37);
  assert.equal(chooseAdditional(offer([6, 36]), { policy: { ke1s: [36] }, ke: 36 }), undefined);
});

test("IK12: what is not NONE has to be chosen, and what is left out is NONE", () => {
  assert.equal(chooseAdditional(offer([6, 36]), { policy: {}, ke: 31 }), undefined);
  assert.equal(chooseAdditional(offer(), { policy: { ke1s: [36] }, ke: 31 }), undefined);
  assert.deepEqual(chooseAdditional(offer(), { policy: { ke1s: [36, 0] }, ke: 31 })?.value, {});
  assert.deepEqual(
    chooseAdditional(offer([6, 36], [6, 0]), { policy: {}, ke: 31 })?.value,
    {},
  );
});

test("IK12: of the other types NONE alone is chosen, and stands in the answer", () => {
  assert.equal(chooseAdditional(offer([7, 36]), { policy: { ke1s: [36, 0] }, ke: 31 }), undefined);
  const optional = offer([6, 36], [7, 37], [7, 0], [12, 0]);
  assert.equal(chosen(optional, [36]), 36);
  const answer = additionalTransforms(36, optional.transforms).map(({ type, id }) => [type, id]);
  assert.deepEqual(answer, [[6, 36], [7, 0], [12, 0]]);
});

test("IK12: an initiator takes no second method, no other type, and none twice", () => {
  assert.deepEqual(additionalOf([transform(6, 36), transform(7, 0)], 31), { ke1: 36 });
  assert.deepEqual(additionalOf([transform(6, 0)], 31), {});
  assert.equal(additionalOf([transform(6, 36)], 36), undefined);
  assert.equal(additionalOf([transform(7, 36)], 31), undefined);
  assert.equal(additionalOf([transform(6, 36), transform(7, 37)], 31), undefined);
  assert.equal(additionalOf([transform(6, 1025)], 31), undefined);
});
