import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ENCR, ESN, INTEG, KE, PRF, PROTOCOL, TRANSFORM } from "./constants.ts";
import type { Proposal, Transform } from "./payloads/sa.ts";
import { type Place, readableProposals } from "./proposals.ts";
import {
  ESP_PROPOSAL,
  IKE_PROPOSAL,
  PROPOSALS,
  transform,
} from "../../../tests/support/ike/arbitraries.ts";

const IKE: Place = { of: "ike", hasAdditionalKe: false };
const REKEY: Place = { of: "ikeRekey", hasAdditionalKe: false };
const CHILD: Place = { of: "child", hasAdditionalKe: false };

function readable(proposal: Proposal, place: Place = IKE): Proposal | undefined {
  return readableProposals({ kind: "sa", proposals: [proposal] }, place)[0];
}

/** A proposal of an IKE SA in which all transforms of these types are replaced. */
function withTransforms(...transforms: readonly Transform[]): Proposal {
  const types = new Set(transforms.map(({ type }) => type));
  const others = IKE_PROPOSAL.transforms.filter(({ type }) => !types.has(type));
  return { ...IKE_PROPOSAL, transforms: [...others, ...transforms] };
}

/** Transforms of one type that are left. */
function leftOf(...transforms: readonly Transform[]): readonly number[] | undefined {
  const [first] = transforms;
  return readable(withTransforms(...transforms))?.transforms
    .filter(({ type }) => type === first?.type).map(({ id }) => id);
}

test("good proposals are left as they are", () => {
  deepEqual(readable(IKE_PROPOSAL), IKE_PROPOSAL);
  deepEqual(readable(ESP_PROPOSAL, CHILD), ESP_PROPOSAL);
});

test("IW54: a proposal keeps its number", () => {
  equal(readable({ ...IKE_PROPOSAL, number: 3 })?.number, 3);
  equal(readable({ ...IKE_PROPOSAL, number: 0 })?.number, 0);
});

test("IW32: an unknown transform goes, and the last of a type takes the proposal along", () => {
  const gcm = transform(TRANSFORM.ENCR, ENCR.AES_GCM_16, 256);
  const cbc = transform(TRANSFORM.ENCR, ENCR.AES_CBC, 256);
  deepEqual(leftOf(cbc, gcm), [ENCR.AES_GCM_16]);
  equal(leftOf(cbc), undefined);
  const prf = [1, PRF.HMAC_SHA1, 4, PRF.HMAC_SHA2_256, 99].map((id) =>
    transform(TRANSFORM.PRF, id)
  );
  deepEqual(leftOf(...prf), [PRF.HMAC_SHA2_256]);
  const groups = [2, 1025, KE.ECP_256].map((id) => transform(TRANSFORM.KE, id));
  deepEqual(leftOf(...groups), [KE.ECP_256]);
});

test("IW32: a cipher has the key length that it has to have", () => {
  const gcm = (keyBits: number | null): Transform =>
    transform(TRANSFORM.ENCR, ENCR.AES_GCM_16, keyBits);
  for (const bits of [128, 192, 256]) deepEqual(leftOf(gcm(bits)), [ENCR.AES_GCM_16]);
  for (const bits of [null, 0, 64, 127, 512]) equal(leftOf(gcm(bits)), undefined);
  const chacha = transform(TRANSFORM.ENCR, ENCR.CHACHA20_POLY1305);
  deepEqual(leftOf(chacha), [ENCR.CHACHA20_POLY1305]);
  equal(leftOf({ ...chacha, keyBits: 256 }), undefined);
});

test("IW32: an attribute that does not belong makes a transform unknown", () => {
  equal(leftOf(transform(TRANSFORM.PRF, PRF.HMAC_SHA2_256, 256)), undefined);
  equal(leftOf({ ...transform(TRANSFORM.KE, KE.X25519), isForeign: true }), undefined);
});

test("IW32: an integrity algorithm beside an AEAD is none", () => {
  deepEqual(leftOf(transform(TRANSFORM.INTEG, INTEG.NONE)), [INTEG.NONE]);
  deepEqual(
    leftOf(transform(TRANSFORM.INTEG, 12), transform(TRANSFORM.INTEG, INTEG.NONE)),
    [INTEG.NONE],
  );
  equal(leftOf(transform(TRANSFORM.INTEG, 12)), undefined);
});

test("IW33: an unknown type of transform takes the proposal along", () => {
  for (const type of [0, 13, 200]) equal(leftOf(transform(type, 1)), undefined);
});

test("IW33: additional key exchanges are unknown unless both sides know them", () => {
  const additional = transform(TRANSFORM.ADDITIONAL_KE_1, KE.ML_KEM_768);
  const proposal = withTransforms(additional);
  equal(readable(proposal), undefined);
  deepEqual(readable(proposal, { ...IKE, hasAdditionalKe: true })?.transforms.at(-1), additional);
  const last = withTransforms(transform(TRANSFORM.ADDITIONAL_KE_7, KE.NONE));
  deepEqual(readable(last, { ...IKE, hasAdditionalKe: true }), last);
  equal(readable({ ...ESP_PROPOSAL, transforms: [additional] }, CHILD), undefined);
});

test("IW32: an id of Extended Sequence Numbers above 1 is an unknown transform", () => {
  const esn = (...ids: readonly number[]): Proposal => ({
    ...ESP_PROPOSAL,
    transforms: [
      transform(TRANSFORM.ENCR, ENCR.AES_GCM_16, 128),
      ...ids.map((id) => transform(TRANSFORM.ESN, id)),
    ],
  });
  deepEqual(readable(esn(2, ESN.YES), CHILD), esn(ESN.YES));
  equal(readable(esn(2), CHILD), undefined);
  deepEqual(readable(esn(), CHILD), esn());
});

test("IW55: an SPI has the length that its place gives it", () => {
  const spi = (len: number): Uint8Array => new Uint8Array(len).fill(1);
  for (const len of [0, 1, 3, 4, 5, 8, 16]) {
    equal(readable({ ...IKE_PROPOSAL, spi: spi(len) }) !== undefined, len === 0, `${len}`);
    equal(readable({ ...IKE_PROPOSAL, spi: spi(len) }, REKEY) !== undefined, len === 8, `${len}`);
    equal(readable({ ...ESP_PROPOSAL, spi: spi(len) }, CHILD) !== undefined, len === 4, `${len}`);
  }
});

test("IW55: reserved SPIs of ESP, and an SPI of 0, are passed over", () => {
  const esp = (...spi: readonly number[]): Proposal => ({
    ...ESP_PROPOSAL,
    spi: Uint8Array.from(spi),
  });
  equal(readable(esp(0, 0, 0, 0), CHILD), undefined);
  equal(readable(esp(0, 0, 0, 255), CHILD), undefined);
  equal(readable(esp(0, 0, 1, 0), CHILD)?.number, 1);
  equal(readable({ ...IKE_PROPOSAL, spi: new Uint8Array(8) }, REKEY), undefined);
});

test("IW56: a proposal is for the protocol that its place is for", () => {
  for (const protocol of [PROTOCOL.NONE, PROTOCOL.AH, PROTOCOL.ESP, 4, 255]) {
    equal(readable({ ...IKE_PROPOSAL, protocol }), undefined);
  }
  for (const protocol of [PROTOCOL.NONE, PROTOCOL.IKE, PROTOCOL.AH]) {
    equal(readable({ ...ESP_PROPOSAL, protocol }, CHILD), undefined);
  }
});

test("IW32: a proposal without cipher, PRF or key exchange gives no keys", () => {
  for (const type of [TRANSFORM.ENCR, TRANSFORM.PRF, TRANSFORM.KE]) {
    const transforms = IKE_PROPOSAL.transforms.filter((one) => one.type !== type);
    equal(readable({ ...IKE_PROPOSAL, transforms }), undefined);
  }
  equal(readable({ ...IKE_PROPOSAL, transforms: [] }), undefined);
  equal(leftOf(transform(TRANSFORM.KE, KE.NONE)), undefined);
  const child = [...ESP_PROPOSAL.transforms, transform(TRANSFORM.KE, KE.NONE)];
  equal(readable({ ...ESP_PROPOSAL, transforms: child }, CHILD)?.transforms.length, child.length);
});

test("IW32, IW33: what is left is part of what was offered, and offers no type less", () => {
  const places = fc.constantFrom(IKE, REKEY, CHILD, { ...IKE, hasAdditionalKe: true });
  const good = fc.constantFrom(IKE_PROPOSAL, ESP_PROPOSAL);
  const mixed = fc.tuple(good, PROPOSALS).map(([one, two]) => ({
    ...one,
    transforms: [
      ...one.transforms,
      ...two.transforms.map((item) => ({ ...item, type: item.type % 7 })),
    ],
  }));
  fc.assert(fc.property(fc.array(mixed, { maxLength: 5 }), places, (proposals, place) => {
    for (const left of readableProposals({ kind: "sa", proposals }, place)) {
      const isOfOffer = proposals.some((offered) => {
        const types = (one: Proposal): Set<number> =>
          new Set(one.transforms.map(({ type }) => type));
        return left.transforms.every((item) => offered.transforms.includes(item)) &&
          types(left).symmetricDifference(types(offered)).size === 0;
      });
      ok(isOfOffer);
    }
  }));
});
