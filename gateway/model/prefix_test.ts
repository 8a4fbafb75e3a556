import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "./address.ts";
import {
  type AddressRange,
  contains,
  overlaps,
  parsePrefix,
  type Prefix,
  rangeOf,
} from "./prefix.ts";

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if ("value" in parsed) return parsed.value;
  throw new RangeError(`Cannot parse ${text}: ${parsed.problem}`);
}

function range(text: string): AddressRange {
  return rangeOf(prefix(text));
}

test("parsePrefix() refuses host bits, and takes an address as a prefix of its own", () => {
  const texts: Record<string, string> = {
    "10.93.29.0/24": "10.93.29.0/24",
    "10.93.30.7": "10.93.30.7/32",
    "10.93.29.128/25": "10.93.29.128/25",
    "0.0.0.0/0": "0.0.0.0/0",
    "2001:DB8::/32": "2001:db8::/32",
    "::1": "::1/128",
  };
  for (const [text, canonical] of Object.entries(texts)) {
    const prefix = parsePrefix(text);
    equal("value" in prefix ? prefix.value.text : prefix.problem, canonical);
  }
  for (
    const text of [
      "10.93.29.1/24",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "::1/127",
      "/8",
      "1.2.3.4/8/8",
      "10.0.0.0/-1",
    ]
  ) {
    ok("problem" in parsePrefix(text), text);
  }
});

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
    equal(overlaps(range(a), range(b)), expected, `${a} ${b}`);
    equal(overlaps(range(b), range(a)), expected, `${b} ${a}`);
  }
  ok(!overlaps(range("::/0"), range("0.0.0.0/0")));
});

test("contains() looks for an address in each prefix of its family", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.93.30.128/25", "10.93.30.127", false],
    ["0.0.0.0/0", "192.0.2.1", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "192.0.2.1", false],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["2001:db8::1/128", "2001:db8::1", true],
  ];
  for (const [text, addressText, expected] of cases) {
    const address = parseAddress(addressText);
    ok(address !== undefined);
    equal(contains([prefix(text)], address), expected, `${text} ${addressText}`);
    equal(contains([prefix("192.0.2.9/32"), prefix(text)], address), expected);
  }
  const address = parseAddress("10.0.0.1");
  ok(address !== undefined && !contains([], address));
});
