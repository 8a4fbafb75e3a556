import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { identity } from "../../../tests/support/ike/pair.ts";
import { matchesPattern } from "./identity.ts";
import { createPeerIndex } from "./peer_index.ts";

const NAMES = [
  "a.example.org",
  "A.Example.Org",
  "b.example.org",
  "b@example.org",
  "192.0.2.1",
  "@#01",
];
const PATTERNS = ["%any", "*.example.org", "*@example.org", "*.org"];

test("the index finds the peer that a search through all of them finds first", () => {
  const texts = fc.array(fc.constantFrom(...NAMES, ...PATTERNS), { maxLength: 8 });
  fc.assert(fc.property(texts, fc.constantFrom(...NAMES), (remoteIds, text) => {
    const peers = remoteIds.map((remoteId, place) => ({ remoteId, place }));
    const who = identity(text);
    const expected = peers.find(({ remoteId }) => matchesPattern(remoteId, who));
    assert.equal(createPeerIndex(peers)(who), expected);
  }));
});

test("names that differ by case alone are one", () => {
  const find = createPeerIndex([{ remoteId: "Carol@Example.org" }]);
  assert.equal(find(identity("carol@example.ORG"))?.remoteId, "Carol@Example.org");
  assert.equal(find(identity("dave@example.org")), undefined);
});
