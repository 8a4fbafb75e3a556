import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { overlaps, type Prefix, rangeOf } from "../model/prefix.ts";
import { createSpd } from "./spd.ts";

function prefix(text: string): Prefix {
  const [address = "", bits = ""] = text.split("/");
  return { octets: Uint8Array.from(address.split(".").map(Number)), bits: Number(bits), text };
}

test("peers of one owner may have the same addresses", () => {
  const spd = createSpd((one, other) => one.at(0) === other.at(0));
  const net = [prefix("10.93.30.0/24")];
  spd.add("a#1", net);
  equal(spd.conflict("a#2", net), undefined);
  spd.add("a#2", net);
  equal(spd.conflict("b#1", net)?.peer, "a#1");
  spd.remove("a#1", net);
  equal(spd.conflict("b#1", net)?.peer, "a#2");
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

test("conflict() agrees with a comparison of all prefixes", () => {
  const texts = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 9, 24, 30, 31, 32));
  const one = texts.map(([last, bits]) => {
    const octets = [10, 93, bits > 24 ? 30 : 0, last];
    const kept = octets.map((octet, at) =>
      octet & (0xff00 >> Math.min(Math.max(bits - 8 * at, 0), 8))
    );
    return prefix(`${kept.join(".")}/${bits}`);
  });
  const step = fc.record({ peer: fc.constantFrom("a", "b", "c"), one, isAdded: fc.boolean() });
  fc.assert(fc.property(fc.array(step), fc.constantFrom("a", "d"), one, (steps, peer, asked) => {
    const spd = createSpd();
    const had: { peer: string; one: Prefix }[] = [];
    for (const { peer, one, isAdded } of steps) {
      if (isAdded) {
        spd.add(peer, [one]);
        had.push({ peer, one });
        continue;
      }
      spd.remove(peer, [one]);
      const at = had.findIndex((own) => own.peer === peer && own.one.text === one.text);
      if (at >= 0) had.splice(at, 1);
    }
    const others = had.filter((own) =>
      own.peer !== peer && overlaps(rangeOf(own.one), rangeOf(asked))
    );
    const found = spd.conflict(peer, [asked]);
    equal(found !== undefined, others.length > 0);
    if (found === undefined) return;
    ok(others.some(({ peer, one }) => peer === found.peer && one.text === found.prefix.text));
  }));
});
