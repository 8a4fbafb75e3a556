import assert from "node:assert/strict";
import { test } from "node:test";
import { certificateDer } from "../../../tests/support/ike/certificates.ts";
import { openTestPki } from "../../../tests/support/ike/pki.ts";
import { identityText, matchesPattern, patternProblem } from "./identity.ts";

const SUBJECT = openTestPki().describe(certificateDer("p256.pem"))?.subject ?? new Uint8Array(0);
const DN = { type: 9, data: SUBJECT };
const TEXT = "O=Culvert tests, CN=carol@example.org";

test("IA32: a distinguished name has a text, in the order of the certificate", () => {
  assert.equal(identityText(DN), TEXT);
});

test("IA32: patterns name it part by part", () => {
  const good = [TEXT, "o=Culvert tests,cn=*", "O=*, CN=*", "%any"];
  for (const pattern of good) {
    assert.equal(patternProblem(pattern), undefined, pattern);
    assert.ok(matchesPattern(pattern, DN), pattern);
  }
  const other = [
    "CN=carol@example.org",
    "CN=*, O=*",
    "O=*, CN=carol",
    "O=*, CN=*, C=*",
    "*@example.org",
  ];
  for (const pattern of other) {
    assert.equal(patternProblem(pattern), undefined, pattern);
    assert.ok(!matchesPattern(pattern, DN), pattern);
  }
  assert.ok(!matchesPattern(TEXT, { type: 2, data: SUBJECT }), "a name of a host is no such name");
  for (const wrong of ["O=", "X=a", "O=a=b", "O=a;b", "O=a,", "O"]) {
    if (wrong !== "O") assert.ok(patternProblem(wrong) !== undefined, wrong);
  }
});

test("a name whose text could mean another one has none", () => {
  const at = SUBJECT.length - 1;
  for (const sign of [",", "=", "+", "*", "\n", "\u0000", "é"]) {
    const data = SUBJECT.slice();
    data[at] = sign.charCodeAt(0);
    assert.match(identityText({ type: 9, data }), /^type 9 30/);
    assert.ok(!matchesPattern("O=*, CN=*", { type: 9, data }));
  }
});

test("octets that are no name have no text, whatever they are", () => {
  for (let len = 0; len < SUBJECT.length; len++) {
    assert.match(identityText({ type: 9, data: SUBJECT.slice(0, len) }), /^type 9 /);
  }
  for (let at = 0; at < SUBJECT.length; at++) {
    for (const value of [0, 0x80, 0x82, 0xff]) {
      const data = SUBJECT.slice();
      data[at] = value;
      assert.ok(identityText({ type: 9, data }) !== TEXT, `${at}`);
    }
  }
});
