// The core's AEADs for IKE against published vectors, and against node:crypto.

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { KEYS } from "../../../tests/support/aead_cases.ts";
import { loadAeadCases } from "../../../tests/support/aead_vectors.ts";
import { testAead } from "../../../tests/support/ike/aead.ts";
import { foundIn, secretsOf } from "../../../tests/support/key_traces.ts";
import { aeadMemory, createAeads } from "./core_aead.ts";

const IV_LEN = 8;
const ICV_LEN = 16;

for (const variant of ["relaxed", "strict"]) {
  test(`esp.${variant}.wasm answers every case of Wycheproof's`, async () => {
    const makeAead = createAeads(await compile(variant));
    const counts = { opened: 0, refused: 0 };
    for (const one of await loadAeadCases()) {
      const material = Uint8Array.of(...one.key, ...one.nonce.subarray(0, 4));
      if (material.every((octet) => octet === 0)) continue;
      const { seal, open } = makeAead({ aead: one.aead, material });
      const iv = one.nonce.subarray(4);
      const sealed = Uint8Array.of(...iv, ...one.sealed, ...one.tag);
      const body = sealed.slice();
      equal(open(one.aad, body), one.isValid, one.name);
      if (!one.isValid) {
        deepEqual(body, sealed, one.name);
        counts.refused++;
        continue;
      }
      deepEqual(body.subarray(IV_LEN, -ICV_LEN), one.plain, one.name);
      body.fill(0, body.length - ICV_LEN);
      seal(one.aad, body);
      deepEqual(body, sealed, one.name);
      counts.opened++;
    }
    deepEqual(counts, { opened: 372, refused: 141 });
  });

  test(`esp.${variant}.wasm seals as node:crypto does, at all lengths`, async () => {
    const makeAead = createAeads(await compile(variant));
    const lens = [...Array(70).keys(), 300, 1400, 4096, 65_535 - 32 - IV_LEN - ICV_LEN];
    for (const [aead, keyLen] of KEYS) {
      const material = randomBytes(keyLen + 4);
      const ours = makeAead({ aead, material });
      const theirs = testAead({
        aead,
        key: material.subarray(0, -4),
        salt: material.subarray(-4),
      });
      for (const [n, len] of lens.entries()) {
        const aad = randomBytes(len < 5000 ? 32 + n : 32);
        const body = Uint8Array.from(randomBytes(IV_LEN + len + ICV_LEN));
        const [plain, expected] = [body.slice(), body.slice()];
        ours.seal(aad, body);
        theirs.seal(aad, expected);
        deepEqual(body, expected, `${aead}, ${keyLen}, ${len} octets`);
        ok(ours.open(aad, body));
        deepEqual(body.subarray(0, -ICV_LEN), plain.subarray(0, -ICV_LEN));
      }
    }
  });

  test(`esp.${variant}.wasm releases nothing of a message that was changed`, async () => {
    const makeAead = createAeads(await compile(variant));
    for (const [aead, keyLen] of KEYS) {
      const { seal, open } = makeAead({ aead, material: randomBytes(keyLen + 4) });
      const aad = Uint8Array.from(randomBytes(32));
      const body = Uint8Array.from(randomBytes(IV_LEN + 40 + ICV_LEN));
      seal(aad, body);
      for (let at = 0; at < aad.length + body.length; at++) {
        const [changedAad, changed] = [aad.slice(), body.slice()];
        const [part, place] = at < aad.length ? [changedAad, at] : [changed, at - aad.length];
        part[place] = (part[place] ?? 0) ^ 1;
        const before = changed.slice();
        ok(!open(changedAad, changed), `octet ${at}`);
        deepEqual(changed, before);
      }
      ok(open(aad, body));
    }
  });
}

test("a key that has been wiped seals nothing, and lengths that are none are refused", async () => {
  const makeAead = createAeads(await compile("strict"));
  const material = randomBytes(20);
  const { seal, open } = makeAead({ aead: "aes-gcm-16", material });
  const body = new Uint8Array(IV_LEN + 8 + ICV_LEN);
  throws(() => seal(new Uint8Array(65_536 - body.length), body), RangeError);
  throws(() => open(new Uint8Array(28), body.subarray(0, 23)), RangeError);
  seal(new Uint8Array(28), body);
  material.fill(0);
  throws(() => seal(new Uint8Array(28), body), /a key that has been wiped/);
  throws(() => open(new Uint8Array(28), body), /a key that has been wiped/);
  throws(() => makeAead({ aead: "aes-gcm-16", material: new Uint8Array(21) }), RangeError);
});

for (const variant of ["relaxed", "strict"]) {
  test(`esp.${variant}.wasm keeps nothing of a key or a message`, async () => {
    const module = await compile(variant);
    const memory = aeadMemory(module);
    const makeAead = createAeads(module, memory);
    for (const [aead, keyLen] of KEYS) {
      const material = randomBytes(keyLen + 4);
      const { seal, open } = makeAead({ aead, material });
      const text = randomBytes(333);
      const body = Buffer.concat([randomBytes(IV_LEN), text, Buffer.alloc(ICV_LEN)]);
      const secrets = secretsOf(aead, material.subarray(0, -4))
        .set("the text", text.subarray(100, 132));
      seal(new Uint8Array(32), body);
      deepEqual(foundIn(memory, secrets), [], `${aead}, ${keyLen}, after sealing`);
      ok(open(new Uint8Array(32), body));
      deepEqual(foundIn(memory, secrets), [], `${aead}, ${keyLen}, after opening`);
      body.fill(0, 0, 40);
      ok(!open(new Uint8Array(32), body));
      deepEqual(foundIn(memory, secrets), [], `${aead}, ${keyLen}, after a refusal`);
    }
  });
}

async function compile(variant: string): Promise<WebAssembly.Module> {
  const url = new URL(`../../../ts-bindings/esp.${variant}.wasm`, import.meta.url);
  return await WebAssembly.compile(new Uint8Array(await readFile(url)));
}
