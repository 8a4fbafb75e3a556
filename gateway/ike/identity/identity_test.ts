import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Identity,
  identityKey,
  identityText,
  matchesPattern,
  parseIdentity,
  patternProblem,
} from "./identity.ts";

test("identities are read as strongSwan and libreswan write them", () => {
  const cases: readonly [text: string, type: number, shown: string][] = [
    ["192.0.2.1", 1, "192.0.2.1"],
    ["2001:db8:0::1", 5, "2001:db8::1"],
    ["gw.example.org", 2, "gw.example.org"],
    ["@gw.example.org", 2, "gw.example.org"],
    ["carol@example.org", 3, "carol@example.org"],
    ["@#6B657931", 11, "@#6b657931"],
  ];
  for (const [text, type, shown] of cases) {
    const identity = parsed(text);
    assert.equal(identity.type, type, text);
    assert.equal(identityText(identity), shown);
    assert.deepEqual(parsed(shown), identity);
  }
});

test("what is no identity is refused", () => {
  for (
    const text of ["", "@", "@#", "@#1", "@#xy", "a b", "a\nb", "ü.example.org", "%any", "*.a"]
  ) {
    assert.ok("problem" in parseIdentity(text), text);
  }
});

test("a stranger's identity is shown without its control characters", () => {
  const name = octets("gw\u001b[2J\n");
  assert.equal(identityText({ type: 2, data: name }), "type 2 67771b5b324a0a");
  assert.equal(identityText({ type: 9, data: octets("0") }), "type 9 30");
  assert.equal(identityText({ type: 1, data: octets("abc") }), "type 1 616263");
});

test("names do not depend on case; key ids and types do", () => {
  assert.equal(identityKey(parsed("GW.example.org")), identityKey(parsed("gw.EXAMPLE.org")));
  assert.notEqual(identityKey(parsed("@#61")), identityKey(parsed("@#41")));
  const data = octets("carol@example.org");
  assert.notEqual(identityKey({ type: 2, data }), identityKey({ type: 3, data }));
});

test("patterns name one identity, a domain, or all", () => {
  const cases: readonly [pattern: string, text: string, isMatch: boolean][] = [
    ["%any", "192.0.2.1", true],
    ["gw.example.org", "GW.example.org", true],
    ["gw.example.org", "gw2.example.org", false],
    ["*.example.org", "gw.example.org", true],
    ["*.example.org", "a.b.EXAMPLE.org", true],
    ["*.example.org", "example.org", false],
    ["*.example.org", "gwexample.org", false],
    ["*.example.org", "carol@a.example.org", false],
    ["*@example.org", "carol@example.org", true],
    ["*@example.org", "carol@sub.example.org", false],
    ["2001:db8::1", "2001:0db8::1", true],
    ["192.0.2.1", "192.0.2.2", false],
  ];
  for (const [pattern, text, isMatch] of cases) {
    assert.equal(patternProblem(pattern), undefined, pattern);
    assert.equal(matchesPattern(pattern, parsed(text)), isMatch, `${pattern} ${text}`);
  }
  for (const text of ["*", "*.", "*example.org", "a.*.org", ""]) {
    assert.ok(patternProblem(text) !== undefined, text);
  }
});

test("any octets have a text and a key, on one line of ASCII", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 255 }),
      fc.uint8Array({ maxLength: 64 }),
      (type, data) => {
        const identity = { type, data };
        assert.match(identityText(identity), /^[\x20-\x7e]*$/);
        assert.match(identityKey(identity), /^[\x20-\x7e]+$/);
        assert.ok(matchesPattern("%any", identity));
      },
    ),
  );
});

function parsed(text: string): Identity {
  const identity = parseIdentity(text);
  assert.ok("value" in identity, text);
  return identity.value;
}

function octets(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
