import assert from "node:assert/strict";
import { createHmac, randomBytes, verify, X509Certificate } from "node:crypto";
import { test } from "node:test";
import {
  certificateFile,
  certificateSettings,
  TEST_TIME,
} from "../../../tests/support/ike/certificates.ts";
import { identity, serverSettings, target } from "../../../tests/support/ike/pair.ts";
import { openTestPki } from "../../../tests/support/ike/pki.ts";
import type { Judged } from "../certificates/credentials.ts";
import { SIGNATURE_HASH } from "../wire/constants.ts";
import { makeSignature, parseSignature } from "../wire/payloads/auth.ts";
import { makeId } from "../wire/payloads/id.ts";
import { type Context, createContext } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";
import { checkProof, makeProof, type Proof, type Refusal } from "./proof.ts";

const PKI = openTestPki();
const INIT = {
  nonceI: octets(32),
  nonceR: octets(32),
  request: octets(300),
  answer: octets(300),
  peerValue: octets(32),
};
const KEYS = { pi: octets(32), pr: octets(32) };
const ID = makeId("idi", identity("carol@example.org"));
const PEER = target({ psk: null, auth: { own: "cert", peer: "cert" } }).peer;
const ALL = [SIGNATURE_HASH.SHA2_256, SIGNATURE_HASH.SHA2_384, SIGNATURE_HASH.SHA2_512, 5];

function octets(len: number): Uint8Array {
  return Uint8Array.from(randomBytes(len));
}

function contextOf(name: string, rsa: "pss" | "pkcs1" = "pss"): Context {
  const certificates = certificateSettings(name, { rsa });
  return createContext(serverSettings({ certificates }), {
    random: octets,
    espSpi: () => 0x100,
    aead: () => assert.fail("nothing is sealed here"),
    certificates: { pki: PKI, unixSeconds: () => TEST_TIME },
  });
}

/** An IKE SA as far as AUTH needs it. */
function saOf(peerHashes: readonly number[] | null, change: Partial<IkeSa> = {}): IkeSa {
  const rest = { resumption: null, intAuth: null, keyed: () => ({ keys: KEYS }) };
  const sa = { ...rest, suite: { prf: 5 }, peerHashes, ...change };
  return sa as unknown as IkeSa;
}

function made(name: string, peerHashes: readonly number[] | null): Proof | Refusal {
  return makeProof(contextOf(name), saOf(peerHashes), { peer: PEER, init: INIT, id: ID });
}

function proofOf(name: string, peerHashes: readonly number[] | null = ALL): Proof {
  const proof = made(name, peerHashes);
  assert.ok(!("reason" in proof), JSON.stringify(proof));
  return proof;
}

function checked(
  { certs, auth }: Proof,
  peerHashes: readonly number[] | null = ALL,
): Refusal | undefined {
  const claimed = { peer: PEER, init: INIT, id: ID, certs, auth };
  const believed = checkProof(contextOf("p256"), saOf(peerHashes), claimed);
  return "reason" in believed ? believed : undefined;
}

const METHODS: Readonly<Record<string, number>> = { p256: 9, p384: 10, p521: 11 };

test("IA1, IA11: without SIGNATURE_HASH_ALGORITHMS each curve has a method of its own", () => {
  for (const [name, method] of Object.entries(METHODS)) {
    const proof = proofOf(name, null);
    assert.equal(proof.auth.method, method);
    assert.equal(checked(proof, null), undefined, name);
    assert.deepEqual(checked(proof), {
      reason: "signature_algorithm",
      detail: `carol@example.org: method ${method} in the place of 14`,
    });
  }
  for (const name of ["rsa", "ed25519"]) {
    const refusal = made(name, null);
    assert.ok("reason" in refusal && refusal.reason === "signature_algorithm", name);
  }
});

test("IA11: in methods 9 to 11 curve and hash belong together", () => {
  for (const name of Object.keys(METHODS)) {
    for (const method of Object.values(METHODS)) {
      const { certs, auth } = proofOf(name, null);
      const refusal = checked({ certs, auth: { ...auth, method } }, null);
      assert.equal(refusal === undefined, METHODS[name] === method, `${name} as ${method}`);
    }
  }
});

test("IA1: with method 14 a side signs for a hash that the peer takes", () => {
  for (const name of ["p256", "p384", "p521", "rsa", "ed25519"]) {
    for (const hash of ALL) {
      const isPossible = (name === "ed25519") === (hash === 5) && !(name === "p521" && hash === 2);
      const proof = made(name, [hash]);
      assert.equal("reason" in proof, !isPossible, `${name} with ${hash}`);
      if (isPossible) assert.equal(checked(proofOf(name, [hash])), undefined);
    }
    assert.ok("reason" in made(name, []), name);
  }
});

test("IA4, IA10: algorithms that are not allowed are named", () => {
  const { certs, auth } = proofOf("rsa");
  const parsed = parseSignature(auth.data);
  assert.ok(parsed !== undefined);
  const { signature } = parsed;
  const as = (hex: string): string | undefined => {
    const data = makeSignature({ algorithm: Uint8Array.from(Buffer.from(hex, "hex")), signature });
    const refusal = checked({ certs, auth: { ...auth, data } });
    assert.ok(refusal !== undefined, hex);
    return `${refusal.reason}: ${refusal.detail.replace("carol@example.org: ", "")}`;
  };
  assert.equal(as("300d06092a864886f70d0101050500"), "signature_algorithm: SHA-1");
  assert.equal(as("300906072a8648ce3d0401"), "signature_algorithm: SHA-1");
  assert.equal(
    as("300d06092a864886f70d01010a3000"),
    "signature_algorithm: PSS with default parameters, which mean SHA-1",
  );
  assert.equal(
    as("300b06092a864886f70d01010a"),
    "signature_algorithm: PSS without parameters",
  );
  assert.equal(as("3003020101"), "signature_algorithm: unknown algorithm 3003020101");
  // A good algorithm of another kind, and PSS with another hash.
  assert.equal(as("300506032b6570"), "signature: the key is not the certificate's");
  assert.equal(as("300d06092a864886f70d01010b0500"), "signature: the key is not the certificate's");
  const sha1 = checked({ certs, auth: { ...auth, method: 1 } });
  assert.equal(sha1?.detail, "carol@example.org: method 1, which has SHA-1");
  const nothing = checked({ certs, auth: { ...auth, data: Uint8Array.of(3, 1, 2) } });
  assert.equal(nothing?.detail, "carol@example.org: no algorithm, or no signature");
});

test("IA10: PSS is known with its trailer written out, as RFC 7427 prints it", () => {
  const { certs, auth } = proofOf("rsa");
  const parsed = parseSignature(auth.data);
  const printed = "304606092a864886f70d01010a3039a00f300d06096086480165030402010500a11c301a06092a" +
    "864886f70d010108300d06096086480165030402010500a203020120a303020101";
  const sent = "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a86" +
    "4886f70d010108300d06096086480165030402010500a203020120";
  assert.ok(parsed !== undefined);
  assert.equal(Buffer.from(parsed.algorithm).toString("hex"), sent);
  const algorithm = Uint8Array.from(Buffer.from(printed, "hex"));
  const data = makeSignature({ algorithm, signature: parsed.signature });
  assert.equal(checked({ certs, auth: { ...auth, data } }), undefined);
});

test("a signature that is changed, empty or of zeros is refused, and nothing throws", () => {
  for (const name of ["p256", "p521", "rsa", "ed25519"]) {
    const { certs, auth } = proofOf(name);
    const parsed = parseSignature(auth.data);
    assert.ok(parsed !== undefined);
    const { algorithm, signature } = parsed;
    const changed = signature.slice();
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const zeros = new Uint8Array(signature.length);
    const both = Uint8Array.from(Buffer.from("3006020100020100", "hex"));
    for (const wrong of [changed, zeros, both, signature.subarray(1), Uint8Array.of(0)]) {
      const data = makeSignature({ algorithm, signature: wrong });
      assert.equal(checked({ certs, auth: { ...auth, data } })?.reason, "signature", name);
    }
  }
});

test("IW62: without a certificate that is known here nothing is believed", () => {
  const { certs, auth } = proofOf("p256");
  const foreign = certs.map((cert) => ({ ...cert, encoding: 11 }));
  for (const none of [[], foreign]) {
    assert.equal(checked({ certs: none, auth })?.reason, "certificate_missing");
  }
  const rubbish = certs.map((cert) => ({ ...cert, data: octets(40) }));
  assert.equal(checked({ certs: rubbish, auth })?.reason, "certificate_malformed");
});

test("IA5: a signature covers message, nonce, hashed identity and IntAuth, in this order", () => {
  const intAuth = { i: octets(32), r: octets(32), count: 1 };
  const sa = saOf(ALL, { intAuth });
  const proof = makeProof(contextOf("ed25519"), sa, { peer: PEER, init: INIT, id: ID });
  assert.ok(!("reason" in proof));
  const parsed = parseSignature(proof.auth.data);
  const maced = createHmac("sha256", KEYS.pi).update(ID.body).digest();
  const { i, r } = intAuth;
  const signed = [INIT.request, INIT.nonceR, maced, i, r, Uint8Array.of(0, 0, 0, 2)];
  const key = new X509Certificate(certificateFile("ed25519.pem")).publicKey;
  assert.ok(verify(null, Buffer.concat(signed), key, parsed?.signature ?? octets(64)));
  for (
    const other of [null, { ...intAuth, i: r }, { ...intAuth, r: i }, { ...intAuth, count: 2 }]
  ) {
    const claimed = { peer: PEER, init: INIT, id: ID, ...proof };
    const believed = checkProof(contextOf("p256"), saOf(ALL, { intAuth: other }), claimed);
    assert.ok("reason" in believed && believed.reason === "signature");
  }
});

test("IA5: with a PPK a signature is made with the mixed SK_p", () => {
  const mixed = { pi: octets(32), pr: octets(32) };
  for (const id of [ID, makeId("idr", identity("carol@example.org"))]) {
    const signer = { peer: PEER, init: INIT, id };
    const proof = makeProof(contextOf("p256"), saOf(ALL), { ...signer, keys: mixed });
    assert.ok(!("reason" in proof));
    const withPpk = checkProof(contextOf("p256"), saOf(ALL), { ...signer, ...proof, keys: mixed });
    assert.ok(!("reason" in withPpk));
    const without = checkProof(contextOf("p256"), saOf(ALL), { ...signer, ...proof });
    assert.ok("reason" in without && without.reason === "signature");
  }
});

test("IA31: an identity that nobody has costs a validation and a verification, too", () => {
  const { certs, auth } = proofOf("p256");
  const context = contextOf("p256");
  const { credentials } = context;
  assert.ok(credentials !== null);
  const judged: unknown[] = [];
  context.credentials = {
    ...credentials,
    judge(chain, id): Judged {
      judged.push(id);
      return credentials.judge(chain, id);
    },
  };
  const claimed = { init: INIT, id: ID, certs, auth };
  const refusal = checkProof(context, saOf(ALL), { ...claimed, peer: undefined });
  assert.deepEqual(refusal, { reason: "identity_unknown", detail: "carol@example.org" });
  assert.deepEqual(judged, [ID]);
});
