import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { CERT } from "../constants.ts";
import { LIMIT } from "../limits.ts";
import { parseCert } from "./cert.ts";
import { authoritiesOf, type CertreqPayload, parseCertreq } from "./certreq.ts";
import { reasonOf, valueOf } from "../../../../tests/support/ike/messages.ts";

function certreq(len: number, encoding: number = CERT.X509_SIGNATURE): CertreqPayload {
  return { kind: "certreq", encoding, authorities: new Uint8Array(len).fill(len & 0xff) };
}

test("IW62: a certificate of any encoding is read; who looks for one passes it over", () => {
  equal(valueOf(parseCert(Uint8Array.of(200, 1))).encoding, 200);
  equal(reasonOf(parseCert(new Uint8Array(0))), "body_short");
  equal(reasonOf(parseCertreq(new Uint8Array(0))), "body_short");
});

test("IW5: a certificate is limited", () => {
  equal(reasonOf(parseCert(new Uint8Array(1 + LIMIT.CERT_LEN))), null);
  equal(reasonOf(parseCert(new Uint8Array(2 + LIMIT.CERT_LEN))), "cert_long");
});

test("an empty CERTREQ asks for any certificate, one that is no list of hashes for none", () => {
  deepEqual(authoritiesOf([]), { isAny: false, hashes: [] });
  deepEqual(authoritiesOf([certreq(0)]), { isAny: true, hashes: [] });
  deepEqual(authoritiesOf([certreq(19), certreq(41)]), { isAny: false, hashes: [] });
  deepEqual(authoritiesOf([certreq(0, CERT.HASH_AND_URL)]), { isAny: false, hashes: [] });
  const [first, second] = [new Uint8Array(20).fill(40), new Uint8Array(20).fill(20)];
  deepEqual(authoritiesOf([certreq(40), certreq(20)]).hashes, [first, first, second]);
});

test("IW5: of very many authorities the first are read", () => {
  const many = certreq(20 * (LIMIT.AUTHORITIES - 1));
  equal(authoritiesOf([many, certreq(60)]).hashes.length, LIMIT.AUTHORITIES);
});
