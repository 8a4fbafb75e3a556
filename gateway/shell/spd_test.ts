import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Prefix } from "../model/prefix.ts";
import { createSpd, overlaps } from "./spd.ts";

function prefix(text: string): Prefix {
  const [address = "", bits = ""] = text.split("/");
  return { octets: Uint8Array.from(address.split(".").map(Number)), bits: Number(bits), text };
}

const PAIRS: readonly [string, string, boolean][] = [
  ["10.0.0.0/8", "10.1.2.3/32", true],
  ["10.0.0.0/8", "11.0.0.0/8", false],
  ["0.0.0.0/0", "192.0.2.1/32", true],
  ["10.1.2.0/23", "10.1.3.0/24", true],
  ["10.1.2.0/24", "10.1.3.0/24", false],
  ["10.1.2.128/25", "10.1.2.0/25", false],
];

test("overlaps() is decided by the shorter prefix, whichever comes first", () => {
  for (const [a, b, expected] of PAIRS) {
    equal(overlaps(prefix(a), prefix(b)), expected, `${a} ${b}`);
    equal(overlaps(prefix(b), prefix(a)), expected, `${b} ${a}`);
  }
  const six = { octets: new Uint8Array(16), bits: 0, text: "::/0" };
  ok(!overlaps(six, prefix("0.0.0.0/0")));
});

test("conflict() names another peer's prefix until its last SA is gone", () => {
  const spd = createSpd();
  const net = [prefix("10.93.30.0/24")];
  const host = [prefix("10.93.30.7/32")];
  spd.add("a", net);
  spd.add("a", net);
  equal(spd.conflict("a", host), undefined);
  equal(spd.conflict("b", host)?.peer, "a");
  spd.remove("a", net);
  equal(spd.conflict("b", host)?.prefix.text, "10.93.30.0/24");
  spd.remove("a", net);
  equal(spd.conflict("b", host), undefined);
});
