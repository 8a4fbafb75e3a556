import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEspPolicy, parseIkePolicy, policyText } from "./policy_text.ts";
import { espDefaults, IKE_DEFAULTS } from "./suite.ts";

test("a proposal is what may be combined, in the order of preference", () => {
  assert.deepEqual(parseIkePolicy("chacha20poly1305-aes128gcm16-prfsha384-x25519-ecp256"), {
    value: {
      ciphers: [{ encr: 28, keyBits: null }, { encr: 20, keyBits: 128 }],
      prfs: [6],
      kes: [31, 19],
    },
  });
  assert.deepEqual(parseEspPolicy("aes256gcm16-ecp384-noesn"), {
    value: { ciphers: [{ encr: 20, keyBits: 256 }], esn: [false], kes: [20] },
  });
  assert.deepEqual(parseEspPolicy("aes256gcm16"), {
    value: { ciphers: [{ encr: 20, keyBits: 256 }], esn: [true, false], kes: [] },
  });
});

test("what cannot be had is refused", () => {
  const some = "aes256gcm16-prfsha256-x25519";
  for (
    const [text, problem] of [
      [`${some},${some}`, "must be one proposal, without a comma"],
      [`${some}-ke1_mlkem768`, /no additional ones$/],
      ["aes256gcm16-prfsha256-mlkem768", /that there are here/],
      ["aes256gcm16-prfsha256", /key exchange method/],
      ["aes256-sha256-modp2048", /must have AEAD ciphers/],
      ["", /must have known algorithms/],
    ] as const
  ) {
    const parsed = parseIkePolicy(text);
    assert.ok("problem" in parsed, text);
    assert.match(parsed.problem, new RegExp(problem));
  }
});

test("the defaults have a text", () => {
  assert.equal(
    policyText(IKE_DEFAULTS),
    "aes256gcm16-aes128gcm16-prfsha256-prfsha384-prfsha512-x25519-ecp256-ecp384-modp2048," +
      "chacha20poly1305-prfsha256-prfsha384-prfsha512-x25519-ecp256-ecp384-modp2048",
  );
  assert.match(policyText(espDefaults("wasm")), /^chacha20poly1305-esn-noesn-x25519/);
});
