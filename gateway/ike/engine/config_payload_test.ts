import assert from "node:assert/strict";
import { test } from "node:test";
import { address, prefix } from "../../../tests/support/parsed.ts";
import { CP_TYPE } from "../wire/constants.ts";
import type { CpAttribute, CpPayload } from "../wire/payloads/cp.ts";
import { askedAddresses, configReply } from "./config_payload.ts";

const NONE = new Uint8Array(0);

test("a request names the families, with a wish or without", () => {
  assert.deepEqual(askedAddresses(request([])), { v4: undefined, v6: undefined });
  assert.deepEqual(askedAddresses(request([[1, NONE], [8, NONE]])), {
    v4: { wish: undefined },
    v6: { wish: undefined },
  });
  const wishes = askedAddresses(request([
    [1, address("10.93.64.7").octets],
    [8, Uint8Array.of(...address("2001:db8::7").octets, 64)],
  ]));
  assert.equal(wishes.v4?.wish?.text, "10.93.64.7");
  assert.equal(wishes.v6?.wish?.text, "2001:db8::7");
  const zeros = askedAddresses(request([[1, new Uint8Array(4)], [8, new Uint8Array(17)]]));
  assert.deepEqual(zeros, { v4: { wish: undefined }, v6: { wish: undefined } });
});

const GRANTED = {
  addresses: [address("10.93.64.7"), address("2001:db8::7")],
  dns: [address("10.93.29.53"), address("2001:db8::53")],
  domains: ["example.org"],
  local: [prefix("10.93.29.0/24"), prefix("2001:db8:1::/48"), prefix("0.0.0.0/0")],
};

test("the answer has what was asked for and is there, and nothing else", () => {
  const asked = [1, 2, 6, 3, 8, 12, 10, 25, 13, 15, 7, 27, 28, 29];
  const reply = configReply(request(asked.map((type) => [type, NONE])), GRANTED);
  assert.equal(reply.type, CP_TYPE.REPLY);
  assert.deepEqual(reply.attributes.map(({ type, value }) => [type, hex(value)]), [
    [1, "0a5d4007"],
    [8, "20010db8000000000000000000000007" + "80"],
    [3, "0a5d1d35"],
    [10, "20010db8000000000000000000000053"],
    [25, hex(new TextEncoder().encode("example.org"))],
    [13, "0a5d1d00" + "ffffff00"],
    [15, "20010db8000100000000000000000000" + "30"],
  ]);
});

test("what was not asked for stays out", () => {
  assert.deepEqual(configReply(request([]), GRANTED).attributes, []);
  const types = configReply(request([[1, NONE], [3, NONE]]), GRANTED).attributes.map(({ type }) =>
    type
  );
  assert.deepEqual(types, [1, 3]);
});

test("domains go only with a name server", () => {
  const reply = configReply(request([[25, NONE]]), { ...GRANTED, dns: [] });
  assert.deepEqual(reply.attributes, []);
});

test("the list of supported attributes is two octets each", () => {
  const [list] = configReply(request([[14, NONE]]), GRANTED).attributes;
  assert.equal(list?.type, 14);
  assert.equal(hex(list?.value ?? NONE), "00010003" + "0008000a" + "000d000f" + "0019");
});

test("netmasks of all lengths", () => {
  for (const [bits, mask] of [[1, "80000000"], [31, "fffffffe"], [32, "ffffffff"]] as const) {
    const local = [prefix(bits === 1 ? "128.0.0.0/1" : `10.0.0.0/${bits}`)];
    const [subnet] = configReply(request([[13, NONE]]), { ...GRANTED, local }).attributes;
    assert.equal(hex(subnet?.value.subarray(4) ?? NONE), mask);
  }
});

function request(attributes: readonly (readonly [type: number, value: Uint8Array])[]): CpPayload {
  return {
    kind: "cp",
    type: CP_TYPE.REQUEST,
    attributes: attributes.map(([type, value]): CpAttribute => ({ type, value })),
  };
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}
