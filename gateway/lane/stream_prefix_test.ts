import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { matchStreamPrefix, STREAM_PREFIX, STREAM_PREFIX_LEN } from "./stream_prefix.ts";

test("matchStreamPrefix() matches in every split, and leaves what follows", () => {
  for (let cut = 0; cut < STREAM_PREFIX_LEN; cut++) {
    const first = matchStreamPrefix(STREAM_PREFIX.subarray(0, cut), 0);
    deepEqual(first, { kind: "more", seen: cut });
    const rest = new Uint8Array([...STREAM_PREFIX.subarray(cut), 0x00, 0x22]);
    deepEqual(matchStreamPrefix(rest, cut), { kind: "match", used: STREAM_PREFIX_LEN - cut });
  }
});

test("matchStreamPrefix() matches one octet at a time", () => {
  let seen = 0;
  for (const octet of STREAM_PREFIX) {
    const got = matchStreamPrefix(new Uint8Array([octet]), seen);
    if (got.kind === "more") seen = got.seen;
    else deepEqual([got, seen], [{ kind: "match", used: 1 }, 5]);
  }
});

test("matchStreamPrefix() declares a mismatch at the first octet that differs", () => {
  for (let at = 0; at < STREAM_PREFIX_LEN; at++) {
    const wrong = STREAM_PREFIX.slice();
    wrong[at] = (wrong[at] ?? 0) ^ 0x20;
    for (let cut = 0; cut <= at; cut++) {
      deepEqual(matchStreamPrefix(wrong.subarray(cut), cut), { kind: "mismatch" });
    }
  }
  deepEqual(matchStreamPrefix(new TextEncoder().encode("GET / HTTP/1.1"), 0), { kind: "mismatch" });
});

test("matchStreamPrefix() refuses a count it cannot have returned", () => {
  for (const seen of [-1, 6, 1.5, NaN]) {
    throws(() => matchStreamPrefix(STREAM_PREFIX, seen), RangeError);
  }
});
