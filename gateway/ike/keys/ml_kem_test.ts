import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { KEY_EXCHANGES } from "./key_exchanges.ts";
import { mlKemPair } from "./ml_kem.ts";

interface Decaps {
  readonly tcId: number;
  readonly seed: string;
  readonly ek: string;
  readonly c: string;
  readonly K: string;
  readonly result: "valid" | "invalid";
}

interface Encaps {
  readonly tcId: number;
  readonly flags: readonly string[];
  readonly ek: string;
  readonly result: "valid" | "invalid";
}

interface Vectors {
  readonly decaps: Readonly<Record<string, readonly Decaps[]>>;
  readonly encaps: Readonly<Record<string, readonly Encaps[]>>;
}

const FILE = new URL("../../../tests/vectors/ml_kem.json", import.meta.url);
const VECTORS = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;

for (const [id, name] of [[36, "768"], [37, "1024"]] as const) {
  test(`ML-KEM-${name}: keys of a seed and secrets of ciphertexts are the known ones`, () => {
    const cases = VECTORS.decaps[name] ?? [];
    assert.ok(cases.some(({ result }) => result === "valid"));
    assert.ok(cases.some(({ result }) => result === "invalid"));
    for (const { tcId, seed, ek, c, K, result } of cases) {
      if (seed.length !== 128) continue;
      const pair = mlKemPair(id, hex(seed));
      if (result === "valid") assert.deepEqual(pair.publicValue, hex(ek), `case ${tcId}`);
      const secret = pair.agree(hex(c));
      assert.deepEqual(secret, result === "valid" ? hex(K) : undefined, `case ${tcId}`);
    }
  });

  test(`IK14: ML-KEM-${name}: a key that is not reduced is refused`, () => {
    const cases = VECTORS.encaps[name] ?? [];
    assert.ok(cases.some(({ flags }) => flags.includes("ModulusOverflow")));
    for (const { tcId, ek, result } of cases) {
      const isTaken = KEY_EXCHANGES[id].respond(hex(ek)) !== undefined;
      assert.equal(isTaken, result === "valid", `case ${tcId}`);
    }
  });

  test(`IK15: ML-KEM-${name}: a changed ciphertext gives the secret of z, and no failure`, () => {
    const seed = Uint8Array.from({ length: 64 }, (_, i) => i);
    const answer = KEY_EXCHANGES[id].respond(mlKemPair(id, seed).publicValue);
    assert.ok(answer !== undefined);
    for (const at of [0, 500, answer.publicValue.length - 1]) {
      const changed = answer.publicValue.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const hash = createHash("shake256", { outputLength: 32 });
      // FIPS 203 §6.3, algorithm 18: J(z | c).
      const rejected = hash.update(seed.subarray(32)).update(changed).digest();
      assert.deepEqual(mlKemPair(id, seed).agree(changed), Uint8Array.from(rejected), `${at}`);
    }
  });

  test(`IK14: ML-KEM-${name} agrees with the runtime's, in both directions`, async () => {
    const kem = { name: `ML-KEM-${name}` };
    const subtle = crypto.subtle as unknown as Subtle;
    const made = await subtle.generateKey(kem, IS_EXTRACTABLE, [
      "encapsulateBits",
      "decapsulateBits",
    ]);
    const raw = new Uint8Array(await subtle.exportKey("raw-public", made.publicKey));
    const answer = KEY_EXCHANGES[id].respond(raw);
    assert.ok(answer !== undefined);
    const theirs = await subtle.decapsulateBits(kem, made.privateKey, answer.publicValue);
    assert.deepEqual(answer.agree(raw), new Uint8Array(theirs));
    const pair = KEY_EXCHANGES[id].generate();
    const format = "raw-public";
    const key = await subtle.importKey(format, pair.publicValue, kem, IS_EXTRACTABLE, [
      "encapsulateBits",
    ]);
    const { sharedKey, ciphertext } = await subtle.encapsulateBits(kem, key);
    assert.deepEqual(pair.agree(new Uint8Array(ciphertext)), new Uint8Array(sharedKey));
  });
}

test("IK3: a decapsulation key serves once", () => {
  const pair = mlKemPair(36);
  const answer = KEY_EXCHANGES[36].respond(pair.publicValue);
  assert.ok(answer !== undefined);
  assert.equal(pair.agree(answer.publicValue)?.length, 32);
  assert.equal(pair.agree(answer.publicValue), undefined);
});

/** What WebCrypto has for KEMs, which the types of the runtimes do not have yet. */
interface Subtle {
  generateKey(
    kem: { name: string },
    isExtractable: boolean,
    uses: string[],
  ): Promise<CryptoKeyPair>;
  exportKey(format: string, key: CryptoKey): Promise<ArrayBuffer>;
  importKey(
    format: string,
    octets: Uint8Array,
    kem: { name: string },
    isExtractable: boolean,
    uses: string[],
  ): Promise<CryptoKey>;
  encapsulateBits(
    kem: { name: string },
    key: CryptoKey,
  ): Promise<{ sharedKey: ArrayBuffer; ciphertext: ArrayBuffer }>;
  decapsulateBits(kem: { name: string }, key: CryptoKey, c: Uint8Array): Promise<ArrayBuffer>;
}

const IS_EXTRACTABLE = true;

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
