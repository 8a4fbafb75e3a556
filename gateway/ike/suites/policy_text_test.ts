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

test("an additional key exchange may be left out if its list says so", () => {
  assert.deepEqual(parseIkePolicy("aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none"), {
    value: {
      ciphers: [{ encr: 20, keyBits: 256 }],
      prfs: [5],
      kes: [31],
      ke1s: [36, 0],
    },
  });
});

test("what cannot be had is refused", () => {
  const some = "aes256gcm16-prfsha256-x25519";
  for (
    const [text, problem] of [
      [`${some},${some}`, "must be one proposal, without a comma"],
      [`${some}-ke2_mlkem768`, /number 4 is not one/],
      ["aes256gcm16-prfsha256-mlkem512", /number 3 is another/],
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
    proposals("-ke1_mlkem768") + "," + proposals(""),
  );
  assert.match(policyText(espDefaults("wasm")), /^chacha20poly1305-esn-noesn-x25519/);
});

/** The two proposals of the defaults, with what follows their key exchange methods. */
function proposals(more: string): string {
  const others = `prfsha256-prfsha384-prfsha512-x25519-ecp256-ecp384-modp2048${more}`;
  return `aes256gcm16-aes128gcm16-${others},chacha20poly1305-${others}`;
}
