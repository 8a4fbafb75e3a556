import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KeyExchangeId } from "../keys/key_exchange.ts";
import { ENCR, KE, PROTOCOL, TRANSFORM } from "../wire/constants.ts";
import type { Proposal, Transform } from "../wire/payloads/sa.ts";
import { accepted, espSuiteOf, ikeSuiteOf } from "./accept.ts";
import { chooseEsp, chooseIke, type EspOffer, proposalsOf, transformsOf } from "./choose.ts";
import {
  type Cipher,
  espDefaults,
  type EspPolicy,
  IKE_DEFAULTS,
  type IkePolicy,
  keyLenOf,
} from "./suite.ts";

const NO_SPI = new Uint8Array(0);
const SPI = Uint8Array.of(1, 2, 3, 4);
const PRF_256: readonly Transform[] = [one(TRANSFORM.PRF, 5)];

test("this side's preference counts before the peer's", () => {
  const offer = [
    ike(1, [...aes(128), ...PRF_256, ke(19), ke(31)]),
    ike(2, [
      ...aes(256),
      ...PRF_256,
      ke(19),
      ke(31),
    ]),
  ];
  const chosen = chooseIke({ proposals: offer, ke: 31 }, IKE_DEFAULTS);
  assert.equal(chosen?.proposal.number, 2);
  assert.deepEqual(chosen?.suite, { encr: 20, keyBits: 256, prf: 5, ke: 31 });
});

test("a key exchange whose data came is taken before a better one", () => {
  const offer = [ike(1, [...aes(256), ...PRF_256, ke(31), ke(19)])];
  assert.equal(chooseIke({ proposals: offer, ke: 19 }, IKE_DEFAULTS)?.suite.ke, 19);
  // One that is not allowed is none: the answer names another one.
  assert.equal(chooseIke({ proposals: offer, ke: 2 }, IKE_DEFAULTS)?.suite.ke, 31);
});

test("the peer's number is kept, whatever it is", () => {
  const offer = [ike(3, [...aes(256), ...PRF_256, ke(31)])];
  const chosen = chooseIke({ proposals: offer, ke: 31 }, IKE_DEFAULTS);
  assert.equal(chosen?.proposal.number, 3);
});

test("what one side has not is passed over", () => {
  const good = ike(2, [...aes(128), ...PRF_256, ke(31)]);
  const policy = { ...IKE_DEFAULTS, ciphers: [{ encr: 20, keyBits: 128 }] as const };
  const unfit = [
    ike(1, [...aes(256), ...PRF_256, ke(31)]),
    ike(1, [...aes(128), ...PRF_256, ke(16)]),
    ike(1, [...aes(128), ke(31)]),
  ];
  for (const proposal of unfit) {
    assert.equal(chooseIke({ ke: 31, proposals: [proposal] }, policy), undefined);
    assert.equal(chooseIke({ ke: 31, proposals: [proposal, good] }, policy)?.proposal.number, 2);
  }
});

const ESP = espDefaults("native");

test("a first Child SA has no key exchange, its rekey has what was proposed", () => {
  const proposals = [esp(1, [...aes(256), esn(1), ke(19), ke(31)])];
  const cases: readonly [EspOffer["ke"], KeyExchangeId | null][] = [
    ["first", null],
    [31, 31],
    [19, 19],
    [20, 31],
    [null, 31],
  ];
  for (const [came, wanted] of cases) {
    const chosen = chooseEsp({ proposals, ke: came }, ESP);
    assert.equal(chosen?.suite.ke, wanted, `${came}`);
  }
});

test("a proposal without key exchanges has none, even if data came", () => {
  const proposals = [esp(1, [...aes(256), esn(0)])];
  for (const came of [null, 31]) {
    assert.equal(chooseEsp({ proposals, ke: came }, ESP)?.suite.ke, null);
  }
  const optional = [esp(1, [...aes(256), esn(0), ke(31), ke(KE.NONE)])];
  assert.equal(chooseEsp({ proposals: optional, ke: null }, ESP)?.suite.ke, null);
  assert.equal(chooseEsp({ proposals: optional, ke: 31 }, ESP)?.suite.ke, 31);
});

test("a key exchange that fits nobody's data is asked for, and one that nobody has refuses", () => {
  const proposals = [esp(1, [...aes(256), esn(0), ke(20)])];
  assert.equal(chooseEsp({ proposals, ke: 14 }, ESP)?.suite.ke, 20);
  assert.equal(
    chooseEsp({ proposals: [esp(1, [...aes(256), esn(0), ke(2)])], ke: 2 }, ESP),
    undefined,
  );
});

test("a proposal for a Child SA without ESN transforms has 32-bit numbers", () => {
  const both = [esp(1, [...aes(256), esn(0), esn(1)])];
  const chosen = [
    chooseEsp({ proposals: [esp(1, aes(256))], ke: null }, ESP),
    chooseEsp({ proposals: both, ke: null }, ESP),
    chooseEsp({ proposals: both, ke: null }, { ...ESP, esn: [false] }),
  ];
  assert.deepEqual(chosen.map((one) => one?.suite.hasEsn), [false, true, false]);
});

test("the engine decides which cipher comes first", () => {
  const proposals = [esp(1, [...aes(256), esn(1)]), esp(2, [one(TRANSFORM.ENCR, 28), esn(1)])];
  const encrOf = (engine: "wasm" | "native"): number | undefined =>
    chooseEsp({ proposals, ke: null }, espDefaults(engine))?.suite.encr;
  assert.equal(encrOf("native"), ENCR.AES_GCM_16);
  assert.equal(encrOf("wasm"), ENCR.CHACHA20_POLY1305);
});

test("keys have their salt behind them", () => {
  const lens = ESP.ciphers.map(keyLenOf);
  assert.deepEqual(lens, [36, 20, 28, 36]);
});

const CIPHERS: readonly Cipher[] = [
  { encr: 20, keyBits: 256 },
  { encr: 20, keyBits: 192 },
  { encr: 20, keyBits: 128 },
  { encr: 28, keyBits: null },
];
const IKE_POLICY = fc.record<IkePolicy>({
  ciphers: fc.shuffledSubarray([...CIPHERS], { minLength: 1 }),
  prfs: fc.shuffledSubarray([5, 6, 7], { minLength: 1 }),
  kes: fc.shuffledSubarray<KeyExchangeId>([14, 19, 20, 31], { minLength: 1 }),
});
const ESP_POLICY = fc.record<EspPolicy>({
  ciphers: fc.shuffledSubarray([...CIPHERS], { minLength: 1 }),
  esn: fc.shuffledSubarray([true, false], { minLength: 1 }),
  kes: fc.shuffledSubarray<KeyExchangeId>([14, 19, 20, 31], { minLength: 1 }),
});

test("an initiator accepts what a responder chooses, and only if both allow it", () => {
  fc.assert(
    fc.property(IKE_POLICY, IKE_POLICY, (ours, theirs) => {
      const head = { protocol: PROTOCOL.IKE, spi: NO_SPI, kes: theirs.kes };
      const offered = proposalsOf(theirs, head);
      const chosen = chooseIke({ proposals: offered, ke: theirs.kes[0] ?? 0 }, ours);
      const isCommon = shares(ours.prfs, theirs.prfs) && shares(ours.kes, theirs.kes) &&
        sharesCipher(ours, theirs);
      assert.equal(chosen !== undefined, isCommon);
      if (chosen === undefined) return;
      const answer = [{ ...chosen.proposal, transforms: transformsOf(chosen.suite) }];
      const taken = accepted(answer, offered);
      assert.deepEqual(taken && ikeSuiteOf(taken), chosen.suite);
    }),
  );
});

test("the same holds for Child SAs", () => {
  fc.assert(
    fc.property(ESP_POLICY, ESP_POLICY, fc.boolean(), (ours, theirs, withKe) => {
      const offered = proposalsOf(theirs, {
        protocol: PROTOCOL.ESP,
        spi: SPI,
        kes: withKe ? theirs.kes : [],
      });
      const chosen = chooseEsp(
        { proposals: offered, ke: withKe ? theirs.kes[0] ?? 0 : null },
        ours,
      );
      const isCommon = shares(ours.esn, theirs.esn) && sharesCipher(ours, theirs) &&
        (!withKe || shares(ours.kes, theirs.kes));
      assert.equal(chosen !== undefined, isCommon);
      if (chosen === undefined) return;
      const answer = [{ ...chosen.proposal, transforms: transformsOf(chosen.suite) }];
      const taken = accepted(answer, offered);
      assert.deepEqual(taken && espSuiteOf(taken), chosen.suite);
    }),
  );
});

test("IS41: an answer that was not offered is refused", () => {
  const offered = proposalsOf(IKE_DEFAULTS, {
    protocol: PROTOCOL.IKE,
    spi: NO_SPI,
    kes: IKE_DEFAULTS.kes,
  });
  const good = ike(1, [...aes(256), ...PRF_256, ke(31)]);
  assert.ok(accepted([good], offered));
  const bad: readonly (readonly Proposal[])[] = [
    [],
    [good, good],
    [{ ...good, number: 9 }],
    [{ ...good, protocol: PROTOCOL.ESP }],
    [ike(1, [...aes(256), ...PRF_256, ke(16)])],
    [ike(1, [...aes(256), ...PRF_256])],
    [ike(1, [...aes(256), ...aes(128), ...PRF_256, ke(31)])],
    [ike(1, [...aes(192), ...PRF_256, ke(31)])],
    [ike(2, [...aes(256), ...PRF_256, ke(31)])],
  ];
  for (const answer of bad) assert.equal(accepted(answer, offered), undefined);
});

function shares<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.some((value) => b.includes(value));
}

function sharesCipher(
  a: { ciphers: readonly Cipher[] },
  b: { ciphers: readonly Cipher[] },
): boolean {
  return a.ciphers.some((x) => b.ciphers.some((y) => x.encr === y.encr && x.keyBits === y.keyBits));
}

function ike(number: number, transforms: readonly Transform[]): Proposal {
  return { number, protocol: PROTOCOL.IKE, spi: NO_SPI, transforms };
}

function esp(number: number, transforms: readonly Transform[]): Proposal {
  return { number, protocol: PROTOCOL.ESP, spi: SPI, transforms };
}

function one(type: number, id: number, keyBits: number | null = null): Transform {
  return { type, id, keyBits, isForeign: false };
}

function aes(bits: number): Transform[] {
  return [one(TRANSFORM.ENCR, 20, bits)];
}

function ke(id: number): Transform {
  return one(TRANSFORM.KE, id);
}

function esn(id: number): Transform {
  return one(TRANSFORM.ESN, id);
}

test("NONE may be left out of an answer, or stand in it", () => {
  const offered = [esp(1, [...aes(256), esn(0), ke(31), ke(KE.NONE)])];
  const answers = [[...aes(256), esn(0)], [...aes(256), esn(0), ke(KE.NONE)]];
  for (const transforms of answers) {
    const taken = accepted([esp(1, transforms)], offered);
    assert.equal(taken && espSuiteOf(taken)?.ke, null);
  }
  const taken = accepted([esp(1, [...aes(256), esn(0), ke(31)])], offered);
  assert.equal(taken && espSuiteOf(taken)?.ke, 31);
  const strict = [esp(1, [...aes(256), esn(0), ke(31)])];
  assert.equal(accepted([esp(1, [...aes(256), esn(0)])], strict), undefined);
});
