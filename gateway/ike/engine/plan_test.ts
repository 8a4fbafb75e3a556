import assert from "node:assert/strict";
import { test } from "node:test";
import { SECRET, serverSettings } from "../../../tests/support/ike/pair.ts";
import { address, prefix } from "../../../tests/support/parsed.ts";
import { createLeaseBook } from "../leases/book.ts";
import { type IkePlan, settingsOf, wipePlan } from "./plan.ts";

test("settings are made of a plan that came by a message", () => {
  const book = createLeaseBook({ reserved: [address("10.93.64.1")] });
  const settings = settingsOf(structuredClone(plan()), book);
  const [roaming, office] = settings.peers;
  assert.equal(roaming?.pools, null);
  assert.equal(office?.pools?.v6, null);
  assert.equal(office?.pools?.v4?.take({ identity: "a" })?.text, "10.93.65.1");
  assert.equal(settings.pools.v4?.take({ identity: "b" })?.text, "10.93.64.2");
  assert.equal(settings.pools.v6?.take({ identity: "b" })?.text, "2001:db8::1");
  assert.equal(settings.localId.type, 2);
});

test("pools of two plans of one book are the same if their prefixes are", () => {
  const book = createLeaseBook({ reserved: [] });
  const [before, after] = [settingsOf(plan(), book), settingsOf(plan(), book)];
  assert.equal(before.pools.v4, after.pools.v4);
  assert.equal(before.peers[1]?.pools?.v4, after.peers[1]?.pools?.v4);
});

test("a wiped plan has no secret left", () => {
  const wiped = plan();
  wipePlan(wiped);
  for (const { psk } of wiped.peers) assert.ok(psk?.every((octet) => octet === 0));
});

function plan(): IkePlan {
  const { pools: _, peers: __, ...rest } = serverSettings();
  const common = { isShared: false, local: [prefix("0.0.0.0/0")], remote: null };
  return {
    ...rest,
    peers: [
      { ...common, name: "a", remoteId: "*@example.org", psk: SECRET.slice(), pool: null },
      {
        ...common,
        name: "b",
        remoteId: "b",
        psk: SECRET.slice(),
        pool: [prefix("10.93.65.0/24")],
      },
    ],
    pool: [prefix("10.93.64.0/24"), prefix("2001:db8::/64")],
    reserved: [],
  };
}
