import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { SA_SPEC } from "./sa_spec.ts";
import { SA, saJson, type SaView } from "./sa_view.ts";

const { keyMaterial, ...GIVEN } = SA_SPEC.parse({
  spi: "0x1ff",
  direction: "outbound",
  peer: "client-7",
  aead: "aes-gcm-16",
  keyMaterial: "00112233445566778899aabbccddeeff01020304",
  local: ["10.93.29.0/24"],
  remote: ["10.93.30.7", "2001:DB8::/64"],
  esn: true,
  initialSequence: 2n ** 53n,
});

const VIEW: SaView = {
  id: 3,
  ...GIVEN,
  keyBits: 128,
  state: "active",
  packets: 9_007_199_254_740_991n,
  octets: 2n ** 64n - 1n,
  sequence: 0n,
  installedAt: "2026-11-24T12:00:00.000Z",
  lastValidAt: null,
  path: 7,
};

const ANSWER = {
  id: 3,
  spi: "0x000001ff",
  direction: "outbound",
  peer: "client-7",
  aead: "aes-gcm-16",
  keyBits: 128,
  local: ["10.93.29.0/24"],
  remote: ["10.93.30.7/32", "2001:db8::/64"],
  esn: true,
  replayWindow: 1024,
  softPackets: 4_000_000_000,
  softOctets: 0,
  softSeconds: 21_600,
  hardPackets: 4_294_967_295,
  hardOctets: 0,
  hardSeconds: 28_800,
  initialSequence: "9007199254740992",
  state: "active",
  packets: 9_007_199_254_740_991,
  octets: "18446744073709551615",
  sequence: 0,
  installedAt: "2026-11-24T12:00:00.000Z",
  lastValidAt: null,
  path: 7,
};

test("saJson() writes an SA in JSON's types, its members in the documented order", () => {
  equal(JSON.stringify(saJson(VIEW)), JSON.stringify(ANSWER));
});

test("saJson() leaves out what is no member of an answer, a key above all", () => {
  const more = { ...VIEW, keyMaterial, row: 1 };
  deepEqual(saJson(more), ANSWER);
});

test("SA reads what saJson() writes, with the members of a newer gateway", () => {
  deepEqual(SA.parse(ANSWER), VIEW);
  deepEqual(SA.parse({ ...ANSWER, newer: "x" }), { ...VIEW, newer: "x" });
  for (const wrong of [{ packets: "x" }, { spi: "0x1" }, { local: ["10.0.0.1/8"] }]) {
    ok(!SA.safeParse({ ...ANSWER, ...wrong }).success, JSON.stringify(wrong));
  }
});
