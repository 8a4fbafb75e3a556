import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ENCR, ESN, KE, PRF, PROTOCOL, TRANSFORM } from "./constants.ts";
import type { Transform } from "./payloads/sa.ts";
import {
  parseProposalText,
  proposalsText,
  proposalText,
  type ProposalUse,
} from "./proposal_text.ts";
import { readableProposals } from "./proposals.ts";
import { PROPOSALS, transform } from "../../../tests/support/ike/arbitraries.ts";

function parse(text: string, use: ProposalUse = "ike"): readonly Transform[] {
  const parsed = parseProposalText(text, use);
  ok("value" in parsed, `${text}: ${JSON.stringify(parsed)}`);
  return parsed.value;
}

function problem(text: string, use: ProposalUse = "ike"): string {
  const parsed = parseProposalText(text, use);
  ok("problem" in parsed, text);
  return parsed.problem;
}

test("a proposal is read in strongSwan's notation", () => {
  deepEqual(parse("aes256gcm16-chacha20poly1305-prfsha256-x25519-ke1_mlkem768-ke1_none"), [
    transform(TRANSFORM.ENCR, ENCR.AES_GCM_16, 256),
    transform(TRANSFORM.ENCR, ENCR.CHACHA20_POLY1305),
    transform(TRANSFORM.PRF, PRF.HMAC_SHA2_256),
    transform(TRANSFORM.KE, KE.X25519),
    transform(TRANSFORM.ADDITIONAL_KE_1, KE.ML_KEM_768),
    transform(TRANSFORM.ADDITIONAL_KE_1, KE.NONE),
  ]);
  deepEqual(parse("AES128GCM16-esn", "esp"), [
    transform(TRANSFORM.ENCR, ENCR.AES_GCM_16, 128),
    transform(TRANSFORM.ESN, ESN.YES),
  ]);
});

test("both sequence numbers are offered for ESP if none is named", () => {
  equal(proposalText({ transforms: parse("aes256gcm16", "esp") }), "aes256gcm16-esn-noesn");
  equal(proposalText({ transforms: parse("aes256gcm16-noesn", "esp") }), "aes256gcm16-noesn");
});

test("of two names of a method the first is written", () => {
  equal(
    proposalText({ transforms: parse("aes256gcm16-prfsha384-curve25519") }),
    "aes256gcm16-prfsha384-x25519",
  );
  equal(problem("aes256gcm16-prfsha384-curve25519-x25519"), "must have each algorithm once");
});

test("a problem says what to mend and repeats nothing of the text", () => {
  equal(problem(""), "must have known algorithms, and number 1 is not one");
  match(problem("aes256gcm16-secret-x25519"), /number 2 is not one$/);
  for (const word of ["aes256", "3des", "sha256", "prfsha1", "modp1024", "mlkem512", "none"]) {
    match(problem(`aes256gcm16-prfsha256-x25519-${word}`), /number 4 is another algorithm$/, word);
  }
  match(problem("aes256gcm16-prfsha256"), /^must have a key exchange method/);
  match(problem("aes256gcm16-x25519"), /^must have a PRF/);
  match(problem("prfsha256-x25519"), /^must have a cipher/);
  match(problem("x25519", "esp"), /^must have a cipher/);
  equal(problem("aes256gcm16-prfsha256-x25519-esn"), "must not have esn or noesn");
  equal(problem("aes256gcm16-prfsha256", "esp"), "must not have a PRF");
  match(problem("x25519-".repeat(100)), /^must have at most/);
});

test("what a peer offers and the gateway has not is shown by its name, or by number", () => {
  const transforms = [
    transform(TRANSFORM.ENCR, ENCR.AES_CBC, 256),
    transform(TRANSFORM.ENCR, ENCR.TRIPLE_DES),
    transform(TRANSFORM.ENCR, 13, 128),
    transform(TRANSFORM.ENCR, ENCR.AES_GCM_16),
    transform(TRANSFORM.INTEG, 12),
    transform(TRANSFORM.INTEG, 0),
    transform(TRANSFORM.PRF, 4),
    transform(TRANSFORM.KE, 2),
    transform(TRANSFORM.KE, 27),
    transform(TRANSFORM.ADDITIONAL_KE_7, KE.ML_KEM_512),
    transform(TRANSFORM.ADDITIONAL_KE_7, 1025),
    transform(TRANSFORM.ESN, 2),
    transform(200, 7),
    { ...transform(TRANSFORM.PRF, PRF.HMAC_SHA2_256), isForeign: true },
  ];
  equal(
    proposalsText([{ transforms }, { transforms: parse("aes128gcm16-prfsha256-ecp256") }]),
    "aes256-3des-encr13_128-encr20-sha256-prf4-modp1024-ke27-ke7_mlkem512-ke7_ke1025-esn2-type200_7-" +
      "prf5,aes128gcm16-prfsha256-ecp256",
  );
});

test("IW32: what can be written can be chosen, and is read again as it was", () => {
  const words =
    "aes256gcm16-aes192gcm16-aes128gcm16-chacha20poly1305-prfsha256-prfsha384-prfsha512-" +
    "x25519-ecp256-ecp384-ecp521-modp2048-modp3072-modp4096-mlkem768-mlkem1024-ke1_x25519-" +
    "ke1_mlkem768-ke1_mlkem1024-ke1_none";
  const transforms = parse(words);
  equal(proposalText({ transforms }), words);
  const proposal = { number: 1, protocol: PROTOCOL.IKE, spi: new Uint8Array(0), transforms };
  const place = { of: "ike", hasAdditionalKe: true } as const;
  deepEqual(readableProposals({ kind: "sa", proposals: [proposal] }, place), [proposal]);
});

test("any proposal of a peer has a text of plain words", () => {
  fc.assert(fc.property(PROPOSALS, (proposal) => match(proposalText(proposal), /^[a-z0-9_-]*$/)));
});

test("any text is a proposal or has a problem, and a proposal is written as it was read", () => {
  const words = fc.constantFrom(
    "aes256gcm16",
    "prfsha256",
    "x25519",
    "ecp256",
    "esn",
    "aes256",
    "",
  );
  const texts = fc.oneof(fc.string(), fc.array(words).map((parts) => parts.join("-")));
  fc.assert(fc.property(texts, fc.constantFrom("ike", "esp"), (text, use: ProposalUse) => {
    const parsed = parseProposalText(text, use);
    if ("problem" in parsed) return;
    deepEqual(parse(proposalText({ transforms: parsed.value }), use), parsed.value);
  }));
});
