import { equal } from "node:assert/strict";
import { test } from "node:test";
import type { Prefix } from "../model/prefix.ts";
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
